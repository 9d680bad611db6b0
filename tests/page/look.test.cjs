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
for (const colorScheme of ["light", "dark"]) {
  for (const [name, act] of Object.entries(states))
    test(`no accessibility rule is broken ${name}, ${colorScheme}`, () => withBrowser(browser =>
      withPage(browser, "sort", { colorScheme, hash: "#fault=40" }, async page => {
        await act(page);
        assert.deepEqual(await violations(page), []);
      })));
  test(`no accessibility rule is broken with several libOSes, ${colorScheme}`, () => withBrowser(browser =>
    withPage(browser, "pair", { colorScheme, hash: "#revocation=99" }, async page => {
      assert.equal(await page.isVisible("#missing"), true);
      for (const kind of await page.evaluate(() => kinds.map((_, each) => each).filter(countOf))) {
        await page.evaluate(each => openEpisode(each, countOf(each), 2), kind);
        assert.deepEqual(await violations(page), []);
      }
      await page.evaluate(() => openEpisode(1, 3, 2));
      await page.click("#list-open");
      assert.deepEqual(await violations(page), []);
    })));
}
for (const [name, hash] of [["sort", "#fault=40"], ["pair", "#revocation=3"]])
  test(`no accessibility rule is broken on a phone with ${name}`, () => withBrowser(browser =>
    withPage(browser, name, { width: 420, hash }, async page => {
      assert.deepEqual(await violations(page), []);
      await page.click("#list-open");
      assert.deepEqual(await violations(page), []);
    })));

// Texts outside their picture, and names of lanes outside their boxes.
const overflows = page => page.evaluate(() => {
  const found = [];
  for (const text of document.querySelectorAll("svg text")) {
    const inner = text.getBBox(), picture = text.ownerSVGElement.viewBox.baseVal;
    const box = text.closest(".head")?.querySelector("rect").getBBox() ||
      text.closest(".step")?.querySelector("circle").getBBox() ||
      picture;
    if (inner.x < box.x || inner.y < box.y - 1 || inner.x + inner.width > box.x + box.width ||
        inner.y + inner.height > box.y + box.height + 1)
      found.push(text.textContent);
  }
  return found;
});
// Heads of lanes that are cut, that two lanes share, or that do not say in full whose they are.
const badHeads = page => page.evaluate(() => {
  const heads = [...document.querySelectorAll(".head")].map(head => ({
    short: head.querySelector("text").textContent, full: head.querySelector("title").textContent }));
  const shorts = heads.map(({ short }) => short);
  const legend = document.getElementById("legend").innerText;
  return heads.filter(({ short, full }, index) =>
    !short || short.includes("…") && !/^.{11}… \d+$/.test(short) || shorts.indexOf(short) !== index ||
    !legend.includes(full)).map(({ short }) => short);
});
// Pixels of the diagram beside what is seen of it. All events may have more lanes than there is room.
const hiddenAside = (page, kind) => page.evaluate(each => {
  const card = document.getElementById("diagram-card");
  return each === runKind ? 0 : card.scrollWidth - card.clientWidth;
}, kind);
// Figures of the list that break inside, or that are cut.
const brokenFigures = page => page.evaluate(() => {
  const box = document.getElementById("list-rows").getBoundingClientRect();
  return [...document.querySelectorAll("#list-rows .figure")].filter(cell => {
    const range = document.createRange();
    range.selectNodeContents(cell);
    const lines = [...range.getClientRects()];
    return lines.length !== 1 || lines[0].right > box.right || lines[0].left < box.left;
  }).map(cell => cell.textContent);
});
for (const width of [420, 1024, 1600]) {
  test(`every number of the list stays whole at ${width} pixels`, () => withBrowser(browser =>
    withPage(browser, "pair", { width, hash: "#revocation=2" }, async page => {
      for (const kind of [0, 1]) {
        await page.evaluate(each => openEpisode(each, 1, 0), kind);
        await page.click("#list-open");
        assert.ok(await page.locator("#list-rows .figure").count() >= 4);
        assert.deepEqual(await brokenFigures(page), []);
        await page.click("#list form button");
      }
    })));
  test(`every text of the diagram is inside its box at ${width} pixels, normal and bold`, () =>
    withBrowser(async browser => {
      for (const name of ["sort", "exceptions", "revocations", "pair", "discontinuities"])
        await withPage(browser, name, { width }, async page => {
          for (const kind of await page.evaluate(() => kinds.map((_, each) => each).filter(countOf))) {
            for (const number of await page.evaluate(each => [1, countOf(each)], kind)) {
              await page.evaluate(([k, n]) => openEpisode(k, n, 0), [kind, number]);
              assert.deepEqual(await overflows(page), []);
              assert.deepEqual(await badHeads(page), []);
              assert.equal(await hiddenAside(page, kind), 0, `${name}, kind ${kind}, number ${number}`);
              await page.addStyleTag({ content: "#diagram text { font-weight: 700 !important }" });
              assert.deepEqual(await overflows(page), []);
            }
          }
          const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
          assert.ok(wide <= 0, `the page is ${wide} pixels too wide`);
        });
    }));
}
