// tests/page/episodes.test.cjs - what is no page fault is stepped through in the same way.
"use strict";
const { assert, place, test, withBrowser, withPage } = require("./support.cjs");

test("a revocation by force is stepped through, from the request to the end", () => withBrowser(browser =>
  withPage(browser, "revocations", {}, async page => {
    const forced = await page.evaluate(() =>
      ofKind[1].findIndex(index => /[1-9]\d* taken by force/.test(data.episodes[index][4])) + 1);
    assert.ok(forced > 0);
    await page.evaluate(number => openEpisode(1, number, 0), forced);
    const names = await page.evaluate(() => view.episode.rows.map(({ event }) => nameOf(event)));
    const at = name => names.indexOf(name);
    assert.equal(at("revocation_requested"), 0);
    assert.ok(at("revocation_expired") > 0 && at("binding_taken") > at("revocation_expired"));
    assert.ok(at("repossessed") > at("binding_taken") && at("revocation_ended") > at("repossessed"));
    // Steps bear the numbers of a revocation, and links lead to them.
    await page.evaluate(number => { location.hash = `#revocation=${number}&step=5`; }, forced);
    await page.waitForFunction(row => view.current === row, at("binding_taken"));
    assert.match(await page.textContent("#now h2"), /Step 5: break by force/);
    assert.match(await page.textContent("#state tr.changed"), /taken by force/);
    // Both parties have a lane.
    const { lanes, receiver } = await page.evaluate(() =>
      ({ lanes: view.episode.lanes, receiver: valueOf(view.episode.rows[0].event, "receiver") }));
    assert.ok(lanes.includes(receiver));
  })));

test("an exception is stepped through, and its upcall is in it", () => withBrowser(browser =>
  withPage(browser, "exceptions", {}, async page => {
    await page.selectOption("#kind", "2");
    assert.deepEqual(await place(page), { kind: "exception", number: 1, row: 0 });
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
