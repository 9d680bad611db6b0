// tests/page/episodes.test.cjs - what is no page fault is stepped through in the same way.
"use strict";
const { assert, place, shownRows, test, toldOf, withBrowser, withPage } = require("./support.cjs");

for (const recording of ["revocations", "pair"])
  test(`every event of every revocation of ${recording} reads and costs as exo walk says`, () =>
    withBrowser(browser => withPage(browser, recording, {}, async page => {
      const count = await page.evaluate(() => countOf(1));
      assert.ok(count >= 4);
      for (let number = 1; number <= count; ++number) {
        const told = toldOf(recording, "--revocation", number);
        assert.deepEqual(await shownRows(page, 1, number), told.rows);
        assert.ok(told.rows.length >= 1);
        // Lanes: the two parties, asker first, and no other environment; the rest as it takes part.
        const lanes = await page.evaluate(n => episodeOf(1, n).lanes, number);
        assert.deepEqual(lanes.filter(lane => typeof lane === "number"), [told.asker, told.receiver]);
        const disk = told.rows.some(({ sentence }) => /^Request \d+ |starts request/.test(sentence));
        assert.equal(lanes.includes("d"), disk, `revocation ${number}: ${lanes}`);
        const { cost, elapsed } = await page.evaluate(n => figuresOf(1)[n - 1], number);
        assert.deepEqual([cost, elapsed], [told.instructions, told.elapsed]);
      }
    })));

test("each of the ten discontinuities can be picked, and reads and costs as exo walk says", () => withBrowser(browser =>
  withPage(browser, "discontinuities", {}, async page => {
    await page.selectOption("#kind", { label: "Discontinuities (10)" });
    for (let number = 1; number <= 10; ++number) {
      const told = toldOf("discontinuities", "--exception", number);
      assert.deepEqual(await shownRows(page, 2, number), told.rows);
      await page.fill("#number", String(number));
      await page.keyboard.press("Enter");
      const about = await page.innerText("#about");
      assert.ok(about.startsWith(`${told.what}, environment 1 (discontinuities). `), about);
      assert.ok(about.endsWith(told.outcome), about);
      assert.match(told.outcome, /^An? \w+: .*PE entry (\w+ )?is taken\. The program goes on .*\.$/);
      // What passed before the only event of a system call was the program's: there is no time to show.
      assert.equal(await page.isVisible("#strip"), number !== 10);
      assert.match(await page.innerText("#legend"), number === 10 ? /no cost of its own$/ : /\d instructions in all$/);
    }
  })));

test("a fault that its environment does not survive says so, here and in exo walk", () => withBrowser(browser =>
  withPage(browser, "pair", {}, async page => {
    const ended = await page.evaluate(() => ofKind[0].map(index => data.episodes[index])
      .filter(episode => /^The environment ends: nested too deep\.$/.test(episode[4])).map(episode => episode[1]));
    assert.equal(ended.length, 3);
    for (const fault of ended) {
      await page.evaluate(number => { openEpisode(0, number, Infinity); }, fault);
      assert.match(await page.textContent("#about"), /The environment ends: nested too deep/);
      assert.match(await page.textContent("#now .sentence"), /ends with status/);
    }
    assert.equal(toldOf("pair", "--fault", ended[0]).end_reason, 3);
  })));

test("a revocation by force is stepped through, from the request to the end", () => withBrowser(browser =>
  withPage(browser, "revocations", {}, async page => {
    const forced = await page.evaluate(() =>
      ofKind[1].findIndex(index => /[1-9]\d* taken/.test(data.episodes[index][4])) + 1);
    assert.ok(forced > 0);
    await page.evaluate(number => openEpisode(1, number, 0), forced);
    const names = await page.evaluate(() => view.episode.rows.map(({ event }) => nameOf(event)));
    const at = name => names.indexOf(name);
    assert.equal(at("revocation_requested"), 0);
    assert.ok(at("revocation_expired") > 0 && at("binding_taken") > at("revocation_expired"));
    assert.ok(at("repossessed") > at("binding_taken") && at("revocation_ended") > at("repossessed"));
    // Steps bear the numbers of a revocation, and links lead to them.
    await page.evaluate(number => { location.hash = `#revocation=${number}&step=5`; }, forced);
    const first = await page.evaluate(() => view.episode.rows.findIndex(({ step }) => data.steps[step][0] === "5"));
    await page.waitForFunction(row => view.current === row, first);
    assert.ok(first > at("revocation_expired") && first <= at("binding_taken"));
    assert.match(await page.textContent("#now h2"), /Step 5: break by force/);
    await page.evaluate(row => go(row), at("binding_taken"));
    assert.match(await page.textContent("#state tr.changed"), /taken by force/);
    // The request leads from the lane of who asks to that of who is asked.
    const { from, to, ends } = await page.evaluate(() => {
      const { event } = view.episode.rows[0], lanes = view.episode.lanes;
      const middle = lane => Number(document.querySelectorAll(".head .life")[lanes.indexOf(lane)].getAttribute("x1"));
      const arrow = document.querySelector('.row[data-row="0"] .arrow');
      return { from: middle(valueOf(event, "asker")), to: middle(valueOf(event, "receiver")),
               ends: ["x1", "x2"].map(end => Number(arrow.getAttribute(end))) };
    });
    assert.equal(ends[0], from);
    assert.ok(Math.abs(ends[1] - to) < 12 && from !== to);
  })));

test("a page that was taken by force is followed to the fault that brings it back", () => withBrowser(browser =>
  withPage(browser, "pair", { hash: "#revocation=4&step=10" }, async page => {
    const steps = await page.evaluate(() => [...new Set(view.episode.rows.map(({ step }) => data.steps[step][0]))]);
    assert.deepEqual(steps.sort((a, b) => a - b), ["1", "2", "3", "4", "5", "6", "7", "8", "9", "10"]);
    assert.match(await page.textContent("#now h2"), /Step 10: restore/);
    assert.match(await page.textContent("#now .sentence"), /raises #PF/);
    // What was removed in step 5 is in the table again, in another frame.
    const { taken, back, lanes } = await page.evaluate(() => {
      const of = (name, step) => view.episode.rows.find(row =>
        nameOf(row.event) === name && data.steps[row.step][0] === step).event;
      const installed = of("translation_installed", "10");
      const removed = view.episode.rows.find(row => nameOf(row.event) === "translation_removed" &&
        data.steps[row.step][0] === "5" && valueOf(row.event, "page") === valueOf(installed, "page")).event;
      return { taken: valueOf(removed, "frame"), back: valueOf(installed, "frame"),
               lanes: document.querySelectorAll("#diagram .head").length };
    });
    assert.notEqual(taken, back);
    assert.equal(lanes, 5); // hardware, exokernel, both libOSes, disk
  })));

test("among all events, what the hardware interrupts is not the hardware's work", () => withBrowser(browser =>
  withPage(browser, "sort", {}, async page => {
    const { costs, waited } = await page.evaluate(() => {
      openEpisode(runKind, countOf(runKind), 0);
      const rows = view.episode.rows.filter(({ event }) => actorOf(event) === "h");
      return { costs: rows.map(({ cost }) => cost), waited: rows.some(each => each.waited > 1000) };
    });
    assert.ok(costs.length > 3 && costs.every(cost => cost === 0) && waited);
    assert.match(await page.textContent("#legend"), /hardwareexokernel [\d,]+/);
  })));

test("an exception is stepped through, and its upcall is in it", () => withBrowser(browser =>
  withPage(browser, "exceptions", {}, async page => {
    await page.selectOption("#kind", "2");
    assert.deepEqual(await place(page), { kind: "exception", number: 1, row: 0 });
    assert.match(await page.textContent("#about"), /^vector \d+ \([a-z ]+\), environment \d+/);
    const names = await page.evaluate(() => view.episode.rows.map(({ event }) => nameOf(event)));
    assert.equal(names[0], "exception");
    assert.ok(names.includes("upcall"));
  })));

test("a page of which environment has what is told by its table", () => withBrowser(browser =>
  withPage(browser, "revocations", {}, async page => {
    // What the kernel removes by force is removed from the table of the receiver.
    const stale = await page.evaluate(() => {
      const found = [];
      for (let event = 0; event < data.count; ++event)
        if (nameOf(event) === "translation_removed") {
          const thing = ["page", valueOf(event, "table"), valueOf(event, "page")];
          const before = writerOf(...thing, event - 1);
          if (before === undefined || nameOf(before) !== "translation_installed") found.push(event);
        }
      return found;
    });
    assert.deepEqual(stale, []);
  })));

test("a recording that is cut off says so, and the rest is stepped through", () => withBrowser(browser =>
  withPage(browser, "cut", {}, async page => {
    assert.match(await page.textContent("#notes"), /the end of the recording is missing/);
    const count = await page.evaluate(() => countOf(0));
    assert.ok(count > 20);
    await page.evaluate(number => openEpisode(0, number, Infinity), count);
    assert.match(await page.textContent("#now .sentence"), /\.$/);
  })));

test("a translation is gone when its page table is", () => withBrowser(browser =>
  withPage(browser, "pair", {}, async page => {
    const { gone, left } = await page.evaluate(() => {
      const end = data.count - 1;
      const isFree = frame => nameOf(writerOf("frame", 0, frame, end)) === "frame_released";
      let gone = 0, left = 0;
      for (const [table, things] of logs.get("page"))
        for (const thing of things.keys()) {
          const writer = writerOf("page", table, thing, end);
          if (nameOf(writer) === "frame_released") ++gone;
          else if (isFree(table)) ++left;
        }
      return { gone, left };
    });
    assert.ok(gone > 100); // of libOSes that have ended
    assert.equal(left, 0);
  })));
