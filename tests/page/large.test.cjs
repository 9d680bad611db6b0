// tests/page/large.test.cjs - a recording of 10,000 faults opens and pages through; how long it
// takes is reported. The bounds are ten times what an idle host needs, so that a busy one passes.
"use strict";
const { assert, fs, folder, path, place, test, withBrowser, withPage } = require("./support.cjs");

test("a recording of 10,000 faults opens and pages through", () => withBrowser(browser =>
  withPage(browser, "large", {}, async page => {
    const size = fs.statSync(path.join(folder, "large.html")).size;
    assert.equal(await page.evaluate(() => countOf(0)), 10000);
    const took = await page.evaluate(() => {
      const timed = (count, act) => {
        const begin = performance.now();
        for (let i = 0; i < count; ++i) {
          act(i);
          document.body.getBoundingClientRect();
        }
        return (performance.now() - begin) / count;
      };
      const step = timed(view.episode.rows.length - 1, i => go(i + 1));
      const fault = timed(50, i => openEpisode(0, 200 * i + 1, 3));
      openEpisode(runKind, 3, 0);
      return { step, fault, part: timed(200, i => go(i + 1)) };
    });
    console.log(`${size} bytes, ${ms(page.openedIn)} ms to open; a step ${ms(took.step)} ms, ` +
                `among 500 rows ${ms(took.part)} ms; another fault ${ms(took.fault)} ms`);
    assert.ok(page.openedIn < 8000);
    assert.ok(took.step < 60);
    assert.ok(took.part < 120);
    await page.selectOption("#kind", "0");
    await page.fill("#number", "10000");
    await page.keyboard.press("Enter");
    assert.deepEqual(await place(page), { kind: "fault", number: 10000, row: 0 });
    await page.click("#list-open");
    assert.ok(await page.locator("#list-rows tbody tr").count() <= 200);
  })));
const ms = number => number.toFixed(1);
