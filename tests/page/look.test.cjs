// tests/page/look.test.cjs - for everyone: accessibility rules, and texts that stay in their boxes.
"use strict";
const { assert, folder, path, fs, test, withBrowser, withPage } = require("./support.cjs");

const axe = fs.readFileSync(path.join(folder, "node_modules", "axe-core", "axe.min.js"), "utf8");

async function violations(page) {
  await page.evaluate(axe);
  return page.evaluate(async () => {
    const found = await axe.run();
    return found.violations.map(({ id, nodes }) => `${id}: ${nodes.slice(0, 3).map(node => node.html).join(" ")}`);
  });
}

const states = {
  "as it opens": async () => {},
  "at the end of a fault": page => page.keyboard.press("End"),
  "with the list open": page => page.click("#list-open"),
  "with the transcript and the fields open": async page => {
    await page.click("#transcript summary");
    await page.click("#fields summary");
  },
  "in guess mode": page => page.click("#guess"),
  "in guess mode, with an answer": async page => {
    await page.click("#guess");
    await page.click("#ask button");
  },
  "with all events": page => page.evaluate(() => openEpisode(runKind, 1, 3)),
};
for (const colorScheme of ["light", "dark"])
  for (const [name, act] of Object.entries(states))
    test(`no accessibility rule is broken ${name}, ${colorScheme}`, () => withBrowser(browser =>
      withPage(browser, "sort", { colorScheme, hash: "#fault=20" }, async page => {
        await act(page);
        assert.deepEqual(await violations(page), []);
      })));
test("no accessibility rule is broken on a phone", () => withBrowser(browser =>
  withPage(browser, "sort", { width: 420, hash: "#fault=20" }, async page =>
    assert.deepEqual(await violations(page), []))));

// Texts outside their picture, and names of lanes outside their boxes.
const overflows = page => page.evaluate(() => {
  const found = [];
  for (const text of document.querySelectorAll("svg text")) {
    const inner = text.getBBox(), picture = text.ownerSVGElement.viewBox.baseVal;
    const box = text.closest(".head")?.querySelector("rect").getBBox() ||
      text.closest(".step")?.querySelector("circle").getBBox() ||
      { x: 0, y: 0, width: picture.width, height: picture.height };
    if (inner.x < box.x || inner.y < box.y - 1 || inner.x + inner.width > box.x + box.width ||
        inner.y + inner.height > box.y + box.height + 1)
      found.push(text.textContent);
  }
  return found;
});
for (const width of [420, 1024, 1600])
  test(`every text of the diagram is inside its box at ${width} pixels, normal and bold`, () =>
    withBrowser(async browser => {
      for (const name of ["sort", "exceptions", "revocations"])
        await withPage(browser, name, { width }, async page => {
          for (const kind of await page.evaluate(() => kinds.map((_, each) => each).filter(countOf))) {
            for (const number of await page.evaluate(each => [1, countOf(each)], kind)) {
              await page.evaluate(([k, n]) => openEpisode(k, n, 0), [kind, number]);
              assert.deepEqual(await overflows(page), []);
              await page.addStyleTag({ content: "#diagram text { font-weight: 700 !important }" });
              assert.deepEqual(await overflows(page), []);
            }
          }
          const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
          assert.ok(wide <= 0, `the page is ${wide} pixels too wide`);
        });
    }));
