// tests/page/walk.test.cjs - stepping: buttons, slider, keys, links; and that what is shown is what
// `exo walk` says.
"use strict";
const { execFileSync } = require("node:child_process");
const { assert, folder, path, place, shownRows, test, toldOf, withBrowser, withPage } = require("./support.cjs");

const sentence = page => page.evaluate(() => document.querySelector("#now .sentence")?.lastChild.textContent.trim());

test("every event of a fault reads and costs as exo walk says", () => withBrowser(browser =>
  withPage(browser, "sort", {}, async page => {
    const faults = await page.evaluate(() => countOf(0));
    assert.ok(faults > 20);
    for (const fault of [1, 2, Math.floor(faults / 2), faults])
      assert.deepEqual(await shownRows(page, 0, fault), toldOf("sort", "--fault", fault).rows);
  })));

test("buttons, slider and keys step; the ends hold", () => withBrowser(browser =>
  withPage(browser, "sort", { hash: "#fault=2" }, async page => {
    const last = await page.evaluate(() => view.episode.rows.length - 1);
    const at = async row => assert.deepEqual(await place(page), { kind: "fault", number: 2, row });
    await at(0);
    await page.click("#next");
    await at(1);
    await page.click("#back");
    await at(0);
    assert.ok(await page.isDisabled("#back"));
    await page.evaluate(() => document.activeElement.blur());
    await page.keyboard.press("ArrowRight");
    await page.keyboard.press("ArrowRight");
    await at(2);
    await page.keyboard.press("ArrowLeft");
    await at(1);
    await page.keyboard.press("End");
    await at(last);
    assert.ok(await page.isDisabled("#next"));
    await page.keyboard.press("ArrowRight");
    await at(last);
    await page.keyboard.press("Home");
    await at(0);
    await page.fill("#slider", "5");
    await at(4);
    await page.keyboard.press("n");
    assert.deepEqual(await place(page), { kind: "fault", number: 3, row: 0 });
    await page.keyboard.press("p");
    await at(0);
    await page.keyboard.press("Space");
    assert.equal(await page.textContent("#play"), "Pause");
    await page.waitForFunction(() => view.current >= 2);
    await page.keyboard.press("Space");
    assert.equal(await page.textContent("#play"), "Play");
  })));

test("a click on a row of the diagram, and on the strip, goes there", () => withBrowser(browser =>
  withPage(browser, "sort", { hash: "#fault=2" }, async page => {
    await page.click("#diagram .row[data-row='3'] .label");
    assert.equal((await place(page)).row, 3);
    const box = await page.locator("#strip").boundingBox();
    await page.mouse.click(box.x + box.width - 2, box.y + box.height / 2);
    const { row, expected } = await page.evaluate(() =>
      ({ row: view.current, expected: rowAtStrip(1 - 2 / $("strip").clientWidth) }));
    assert.equal(row, expected);
    assert.ok(row > 3);
  })));

test("a link leads to a step, and each step has its link", () => withBrowser(async browser => {
  for (const [hash, number, holds] of [
    ["#fault=40&step=4", 40, row => row.step === 4],
    ["#fault=3&step=4", 3, (row, index) => index === 0], // it has no such step
    ["#fault=3&event=2", 3, (row, index) => index === 1],
    ["#fault=99999999", undefined, () => true],
    ["#nonsense", undefined, () => true],
  ])
    await withPage(browser, "sort", { hash }, async page => {
      const { episode, current, row } = await page.evaluate(() => ({
        episode: view.episode.number, current: view.current, row: view.episode.rows[view.current] }));
      if (number) assert.equal(episode, number);
      assert.ok(holds(row, current));
    });
  await withPage(browser, "sort", { hash: "#7" }, async page => {
    assert.equal((await place(page)).row, 6);
    await page.evaluate(() => { location.hash = "#fault=4&event=3"; });
    await page.waitForFunction(() => view.episode.number === 4);
    assert.equal((await place(page)).row, 2);
    await page.evaluate(() => { location.hash = "#5"; });
    await page.waitForFunction(() => view.current === 4);
    // The address follows, and names the same place when it is opened.
    for (const row of [0, 1, 5]) {
      await page.evaluate(to => { go(to); }, row);
      await page.waitForFunction(link => location.hash === link, await page.evaluate(() => linkOf(view.episode, view.current)));
      assert.deepEqual(await page.evaluate(() => parseLink(location.hash, view.episode).number), 4);
    }
    const links = await page.evaluate(() => view.episode.rows.every((row, index) => {
      const { step, event } = parseLink(linkOf(view.episode, index), view.episode);
      return (step ? view.episode.rows.findIndex(each => data.steps[each.step][0] === step) : event - 1) === index;
    }));
    assert.ok(links);
  });
}));

test("a link to what is not there says so and shows what is nearest", () => withBrowser(async browser => {
  for (const [hash, kind, number, said] of [
    ["#revocation=99", "revocation", 6, /^There is no revocation 99: the recording has 1 to (\d+)\. This is revocation \1\.$/],
    ["#revocation=0&step=1", "revocation", 1, /no revocation 0: .* This is revocation 1\./],
    ["#revocation=%3Cb%3E", "revocation", 1, /no revocation <b>: /],
    ["#exception=99", "exception", undefined, /^There is no discontinuity 99: .* This is discontinuity \d+\.$/],
    ["#revocation=5&step=7", "revocation", 5, /^Revocation 5 has no step 7\. This is its first event\.$/],
    ["#revocation=3&event=0", "revocation", 3, /^Revocation 3 has no event 0: it has 1 to \d+\.$/],
    ["#revocation=3&event=999", "revocation", 3, /^Revocation 3 has no event 999: it has 1 to \d+\.$/],
    ["#999999", "fault", undefined, /^Page fault \d+ has no event 999999: it has 1 to \d+\.$/],
    ["#foo=<b>", "fault", undefined, /^Nothing here is linked as foo=(<b>|%3Cb%3E)\.$/],
  ])
    await withPage(browser, "pair", { hash }, async page => {
      assert.match(await page.innerText("#missing"), said);
      const at = await place(page);
      assert.equal(at.kind, kind);
      if (number) assert.equal(at.number, number);
      if (number && hash !== "#revocation=3&event=999") assert.equal(at.row, 0);
      // It is gone with the next thing that is opened, also by a link.
      await page.evaluate(() => { location.hash = "#revocation=2"; });
      await page.waitForFunction(() => view.episode.number === 2 && view.episode.kind === 1);
      assert.equal(await page.isVisible("#missing"), false);
    });
}));

test("a value leads to the event that wrote it last", () => withBrowser(browser =>
  withPage(browser, "sort", { hash: "#fault=20" }, async page => {
    await page.keyboard.press("End");
    const elsewhere = await page.evaluate(() =>
      [...document.querySelectorAll("#state [data-event]")].map(button => Number(button.dataset.event)));
    assert.ok(elsewhere.length > 4);
    for (const event of elsewhere.slice(0, 6)) {
      await page.evaluate(() => openEpisode(0, 20, Infinity));
      const row = page.locator(`#state tr:has([data-event="${event}"])`).first();
      const [name, value] = await row.locator("th, td").allTextContents();
      await row.locator("button").click();
      assert.equal(await page.evaluate(() => view.episode.rows[view.current].event), event);
      const changed = await page.locator("#state tr.changed").evaluateAll(rows =>
        rows.map(each => [...each.querySelectorAll("th, td")].map(cell => cell.textContent)));
      assert.ok(changed.some(([n, v]) => n === name && v === value), `${name} = ${value} by ${event}`);
    }
  })));

test("an entry of the PE was written by who set it, and is marked where the exokernel reads it", () =>
  withBrowser(browser => withPage(browser, "sort", { hash: "#fault=20&step=2" }, async page => {
    const row = page.locator("#state tr:has(th:text-is('entry page_fault'))");
    assert.match(await row.getAttribute("class"), /changed/);
    assert.match(await row.textContent(), /used by this event/);
    const read = await page.evaluate(() => textOf(view.episode.rows[view.current].event, "address"));
    await row.locator("button").click();
    const writer = await page.evaluate(() => view.episode.rows[view.current].event);
    assert.equal(await page.evaluate(event => nameOf(event), writer), "entry_set");
    assert.equal(await row.locator("td").first().textContent(), read);
    await page.evaluate(() => openEpisode(0, 1, 0)); // before the first upcall it is known as well
    assert.equal(await row.locator("td").first().textContent(), read);
    assert.equal(await row.getAttribute("class"), null);
  })));

test("a save area was written by whatever used it last, a completion's upcall included", () =>
  withBrowser(browser => withPage(browser, "discontinuities", { hash: "#fault=1&step=1" }, async page => {
    const row = page.locator("#state tr:has(th:text-is('save area 0'))");
    assert.match(await row.locator("td").first().textContent(), /^rip 0x[0-9a-f]+, rsp 0x/);
    assert.equal(await row.locator("td").last().textContent(), "this event");
    await page.evaluate(() => openEpisode(0, 1, Infinity));
    await row.locator("button").click();
    const writer = await page.evaluate(() => view.episode.rows[view.current].event);
    assert.deepEqual(await page.evaluate(event => [nameOf(event), textOf(event, "entry")], writer),
                     ["upcall", "io_completion"]);
    assert.equal(await row.locator("td").first().textContent(), "what ran when io_completion came");
  })));

test("what is being saved by force is a request in flight until it is saved", () =>
  withBrowser(browser => withPage(browser, "pair", {}, async page => {
    const seen = await page.evaluate(() => {
      openEpisode(1, 3, 0);
      const { rows } = view.episode;
      const step = { io_submitted: 1, state_saving: 1, io_completed: -1, state_saved: -1 };
      return ["state_saving", "state_saved"].map(name => {
        const at = rows.findLastIndex(({ event }) => nameOf(event) === name);
        openEpisode(1, 3, at);
        let begun = 0;
        for (let event = 0; event <= rows[at].event; ++event) begun += step[nameOf(event)] ?? 0;
        return { begun: String(begun), ...Object.fromEntries(
          [...document.querySelectorAll("#state tr")].map(row =>
            [row.cells[0].textContent, row.cells[1]?.textContent])) };
      });
    });
    const requests = seen.map(state => Object.keys(state).filter(name => /^request \d+$/.test(name)));
    assert.deepEqual(seen.map(state => state["in flight"]), seen.map(state => state.begun));
    assert.ok(Number(seen[0]["in flight"]) > 1 && seen[1]["in flight"] === "0");
    assert.match(seen[0][requests[0].at(-1)], /^saving frame \d+ to block \d+$/);
    assert.equal(seen[1][requests[1].at(-1)], "done");
  })));

test("the state is what a replay of all events gives", () => withBrowser(browser =>
  withPage(browser, "sort", {}, async page => {
    const wrong = await page.evaluate(() => {
      const last = new Map(), found = [];
      for (let event = 0; event < data.count; ++event) {
        for (const thing of thingsOf(event)) last.set(thing.join(" "), [thing, event]);
        if (event % 997 === 0)
          for (const [, [thing, writer]] of last)
            if (thing[0] !== "page" && writerOf(...thing, event) !== writer) found.push([thing, event]);
      }
      return found;
    });
    assert.deepEqual(wrong, []);
  })));

test("the handler of an exception is shown in its own file, not in the pager's", () => withBrowser(browser =>
  withPage(browser, "discontinuities", {}, async page => {
    for (const [kind, number, file] of [[2, 1, /^libos\/core\/exceptions\.cpp:\d+$/], [0, 1, /^libos\/vm\/pager\.cpp:\d+$/]]) {
      await page.evaluate(([k, n]) => openEpisode(k, n, episodeOf(k, n).rows.findIndex(({ event }) =>
        nameOf(event) === "handler_entered")), [kind, number]);
      assert.match(await page.innerText("#source .file"), file);
      assert.match(await page.innerText("#source .marked"), /handler_entered/);
    }
  })));

test("the source shows the line that records the event", () => withBrowser(browser =>
  withPage(browser, "sort", {}, async page => {
    const lines = await page.evaluate(() => data.shapes.filter(shape => shape.file).map(shape =>
      [shape.name, shape.source && shape.source.lines[shape.source.marked - shape.source.first]]));
    for (const [name, line] of lines) assert.ok(line, `no source line for ${name}`);
    const chosen = await page.evaluate(() => {
      for (let number = 1; number <= countOf(0); ++number) {
        const row = episodeOf(0, number).rows.findIndex(({ event }) => nameOf(event) === "victim_chosen");
        if (row >= 0) { openEpisode(0, number, row); return true; }
      }
      return false;
    });
    assert.ok(chosen);
    assert.match(await page.textContent("#source"), /libos\/vm\/policies\/\w+\.hpp:\d+[^]*select_victims/);
  })));

test("the picker goes to an episode, by number and from the list", () => withBrowser(browser =>
  withPage(browser, "sort", {}, async page => {
    await page.fill("#number", "9");
    await page.keyboard.press("Enter");
    assert.equal((await place(page)).number, 9);
    await page.fill("#number", "999999999");
    await page.keyboard.press("Enter");
    assert.equal((await place(page)).number, 9);
    await page.click("#list-open");
    await page.selectOption("#list-order", "cost");
    const costs = await page.evaluate(() => [...document.querySelectorAll("#list-rows tbody tr")]
      .map(row => Number(row.children[2].textContent.replace(/,/g, ""))));
    assert.deepEqual(costs, [...costs].sort((a, b) => b - a));
    await page.fill("#list-filter", "written back");
    await page.click("#list-rows tbody tr:nth-child(2) button");
    assert.match(await page.textContent("#about"), /written back/);
    // Every event can be shown, also those of no fault.
    await page.selectOption("#kind", { label: (await page.locator("#kind option").last().textContent()) });
    assert.deepEqual(await place(page), { kind: "part", number: 1, row: 0 });
    assert.match(await sentence(page), /\.$/);
  })));

for (const [name, hash, width] of [["sort", "#fault=40", 1440], ["pair", "#revocation=3", 1440],
                                  ["pair", "#revocation=3", 420]])
  test(`${name} prints at ${width} pixels: rows from the first page on, each event on paper`, () =>
    withBrowser(browser => withPage(browser, name, { hash, width, colorScheme: "dark" }, async page => {
      const file = path.join(folder, `${name}-${width}.pdf`);
      await page.pdf({ format: "A4", path: file });
      const textOf = (first, last) => execFileSync("pdftotext",
        ["-f", String(first), "-l", String(last), "-layout", file, "-"], { encoding: "utf8" });
      const rows = await page.evaluate(() => view.episode.rows.map(({ event }) =>
        ({ label: labelOf(event), sentence: sentenceOf(event) })));
      // Rows of the diagram, not of the transcript, which comes last.
      // The outline of a label is text of its own, so words are looked for and not labels.
      const page1 = textOf(1, 1);
      const onFirst = rows.filter(({ label }) => label.split(" ").every(word => page1.includes(word))).length;
      assert.ok(onFirst >= Math.min(rows.length, 8), `page 1 has ${onFirst} rows`);
      const heads = await page.evaluate(() => view.episode.lanes.map(laneHead));
      for (const head of heads) assert.ok(page1.includes(head), head);
      assert.equal(await page.locator("#events li").count(), rows.length);
      const words = textOf(1, 999).replace(/\s+/g, " ");
      for (const { sentence: said } of rows) assert.ok(words.includes(said), said);
    })));
