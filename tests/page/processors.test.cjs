// tests/page/processors.test.cjs - a recording of several processors: a lane for each, arrows
// between them, shootdowns step by step.
"use strict";
const { execFileSync } = require("node:child_process");
const { assert, folder, fs, path, place, shownRows, test, toldOf, withBrowser, withPage } = require("./support.cjs");

const axe = fs.readFileSync(path.join(folder, "node_modules", "axe-core", "axe.min.js"), "utf8");
const kind = 3; // of shootdowns

test("every event of a shootdown reads and costs as exo walk says, on the processor that it says", () =>
  withBrowser(browser => withPage(browser, "processors", {}, async page => {
    const count = await page.evaluate(each => countOf(each), kind);
    assert.ok(count > 500);
    for (const number of [1, 65, Math.floor(count / 2), count]) {
      const told = toldOf("processors", "--shootdown", number);
      // The page names the exokernel by its processor.
      const rows = told.rows.map((row, index) => ({ ...row,
        who: row.who === "exokernel" ? `exokernel on processor ${told.events[index].processor}` : row.who }));
      assert.deepEqual(await shownRows(page, kind, number), rows);
      assert.deepEqual(await page.evaluate(([k, n]) => episodeOf(k, n).rows.map(({ event }) => processorOf[event]),
        [kind, number]), told.events.map(({ processor }) => processor));
    }
  })));

test("a recording of several processors without a fault opens at its first shootdown", () => withBrowser(browser =>
  withPage(browser, "processors", {}, async page => {
    assert.deepEqual(await place(page), { kind: "shootdown", number: 1, row: 0 });
    assert.match(await page.innerText("#about"), /removes 1 translation on processor 0\. The TLB of processor 1 had to forget that\./);
    assert.match(await page.innerText("#now"), /on processor 0/);
  })));

test("a request leads to the lane of who is asked, and its answer back", () => withBrowser(browser =>
  withPage(browser, "processors", { hash: "#shootdown=400" }, async page => {
    const seen = await page.evaluate(() => {
      const rows = view.episode.rows.map(({ event }) => event), at = name => rows.findIndex(event => nameOf(event) === name);
      const asked = rows[at("shootdown_sent")], answer = rows[at("shootdown_answered")];
      const yOf = processor => laneTop + (data.processors.indexOf(processor) + .5) * laneHeight + 5;
      const line = kind => {
        const found = document.querySelector(`#lanes .${kind} line`);
        return ["x1", "y1", "x2", "y2"].map(name => Number(found.getAttribute(name)));
      };
      return { from: yOf(processorOf[asked]), to: yOf(valueOf(asked, "target")), back: processorOf[answer] === valueOf(asked, "target"),
               asks: line("asks"), answers: line("answers"), label: document.querySelector("#lanes svg").getAttribute("aria-label"),
               drawn: [laneOf(asked, "from"), laneOf(asked, "to"), laneOf(answer, "from"), laneOf(answer, "to")],
               lanes: view.episode.lanes.filter(lane => String(lane)[0] === "k") };
    });
    assert.ok(seen.back);
    assert.ok(Math.abs(seen.asks[1] - seen.from) < 6 && Math.abs(seen.asks[3] - seen.to) < 14, JSON.stringify(seen));
    assert.ok(seen.asks[2] > seen.asks[0]); // time passes until the answer
    assert.ok(Math.abs(seen.answers[1] - seen.to) < 6 && Math.abs(seen.answers[3] - seen.from) < 14);
    assert.deepEqual(seen.drawn, [seen.lanes[0], seen.lanes[1], seen.lanes[1], seen.lanes[0]]);
    assert.match(seen.label, /^processor 0 runs .*; processor 1 runs .*; processor 2 runs .*; processor 3 runs .*; 1 request to flush a TLB, 1 answer$/);
  })));

test("clicks on lanes and keys go from event to event of a processor", () => withBrowser(browser =>
  withPage(browser, "processors", { hash: "#shootdown=1" }, async page => {
    const last = await page.evaluate(() => view.episode.rows.length - 1);
    const spot = await page.evaluate(row => timeline.places[row], last);
    const box = await page.locator("#lanes").boundingBox();
    await page.mouse.click(box.x + spot.x, box.y + spot.y);
    assert.equal((await place(page)).row, last);
    await page.keyboard.press(",");
    const before = await page.evaluate(() => [processorOf[view.episode.rows[view.current].event], view.current]);
    assert.equal(before[0], 1);
    assert.ok(before[1] < last);
    await page.keyboard.press(".");
    assert.equal((await place(page)).row, last);
    await page.keyboard.press("Home");
    await page.keyboard.press(".");
    assert.equal(await page.evaluate(() => processorOf[view.episode.rows[view.current].event]), 0);
    assert.equal((await place(page)).row, 1);
  })));

test("among all events switches and idle processors are in their lanes", () => withBrowser(browser =>
  withPage(browser, "processors", {}, async page => {
    const found = await page.evaluate(() => {
      const last = [...shapeOf].map((_, event) => event).filter(event =>
        nameOf(event) === "environment_switched" && valueOf(event, "to") === 0).at(-1);
      openEpisode(runKind, Math.floor(last / partLength) + 1, last % partLength);
      return { runs: document.querySelectorAll("#lanes .runs").length,
               nobody: document.querySelectorAll("#lanes .runs.nobody").length, idle: document.querySelectorAll("#lanes .runs.idle").length,
               dots: document.querySelectorAll("#lanes .at").length, rows: view.episode.rows.length,
               state: document.getElementById("state").innerText };
    });
    assert.ok(found.runs > 4 && found.nobody > 0 && found.idle > 0, JSON.stringify(found));
    assert.equal(found.dots, found.rows);
    // Who has ended runs nowhere any more, also where no switch says so.
    const after = await page.evaluate(() => [...shapeOf].map((_, event) => event)
      .filter(event => nameOf(event) === "environment_ended" && valueOf(event, "environment") > 1)
      .map(event => piecesOf(leftBy.get(event), event, data.count - 1).map(({ environment }) => environment)));
    assert.ok(after.length === 3 && after.flat().every(environment => environment === 0), JSON.stringify(after));
    assert.match(found.state, /Processors[\s\S]*processor \d\s+runs nobody/);
  })));

test("the trace and the table of the run count the same shootdowns", () => withBrowser(browser =>
  withPage(browser, "processors", {}, async page => {
    const told = JSON.parse(execFileSync(path.join(process.env.FAULTLINE_BUILD, "exo"),
      ["walk", path.join(folder, "processors"), "--format", "json"], { encoding: "utf8" }));
    assert.equal(told.processors, 4);
    assert.equal(await page.evaluate(each => countOf(each), kind), told.shootdowns);
  })));

test("of one processor there are no lanes", () => withBrowser(browser => withPage(browser, "sort", {}, async page => {
  assert.equal(await page.locator("#lanes-card").count(), 0);
  assert.doesNotMatch(await page.innerText("body"), /processor \d/);
})));

for (const width of [400, 1280])
  for (const colorScheme of ["light", "dark"])
    test(`several processors at ${width} pixels, ${colorScheme}: no rule is broken, no text cut`, () => withBrowser(browser =>
      withPage(browser, "processors", { width, colorScheme, hash: "#shootdown=400&event=2" }, async page => {
        await page.evaluate(axe);
        for (const [each, number] of [[kind, 400], [null, 3]]) {
          await page.evaluate(([k, n]) => openEpisode(k ?? runKind, n, 2), [each, number]);
          const violations = await page.evaluate(async () => (await axe.run()).violations.map(({ id, nodes }) =>
            `${id}: ${nodes.slice(0, 3).map(node => node.html).join(" ")}`));
          assert.deepEqual(violations, []);
          const out = await page.evaluate(() => [...document.querySelectorAll("#lanes text")].filter(text => {
            const inner = text.getBBox(), picture = text.ownerSVGElement.viewBox.baseVal;
            return inner.x < 0 || inner.x + inner.width > picture.width || inner.y < 0 || inner.y + inner.height > picture.height;
          }).map(text => text.textContent));
          assert.deepEqual(out, []);
          assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
        }
      })));
