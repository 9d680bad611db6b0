// tests/page/sweep.test.cjs - the page of a sweep: its pictures say what its tables say, for
// everyone, at every width, and on paper.
"use strict";
const { execFileSync } = require("node:child_process");
const { assert, folder, fs, path, test, withBrowser, withPage } = require("./support.cjs");

const axe = fs.readFileSync(path.join(folder, "node_modules", "axe-core", "axe.min.js"), "utf8");
const names = ["sweep-booted", "sweep-simulated", "sweep-single"];
const resultsOf = name => JSON.parse(fs.readFileSync(path.join(folder, `${name}.json`), "utf8"));

const violations = async page => {
  await page.evaluate(axe);
  return page.evaluate(async () => (await axe.run()).violations.map(({ id, nodes }) =>
    `${id}: ${nodes.slice(0, 3).map(node => node.html).join(" ")}`));
};
for (const colorScheme of ["light", "dark"])
  for (const width of [320, 1280])
    test(`no accessibility rule is broken by a sweep's page at ${width} pixels, ${colorScheme}`, () =>
      withBrowser(async browser => {
        for (const name of names)
          await withPage(browser, name, { width, colorScheme }, async page =>
            assert.deepEqual(await violations(page), [], name));
      }));

// Colours of lines against the card, as WCAG has it: 3 to 1 for pictures.
const faintLines = page => page.evaluate(() => {
  const light = colour => {
    const [r, g, b] = colour.match(/\d+/g).map(part => part / 255)
      .map(part => part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const paper = light(getComputedStyle(document.querySelector("figure")).backgroundColor);
  return [...document.querySelectorAll(".line")].map(line => light(getComputedStyle(line).color))
    .map(ink => (Math.max(ink, paper) + 0.05) / (Math.min(ink, paper) + 0.05)).filter(ratio => ratio < 4.5);
});
for (const colorScheme of ["light", "dark"])
  test(`every line stands out from the paper, ${colorScheme}`, () => withBrowser(browser =>
    withPage(browser, "sweep-simulated", { colorScheme }, async page =>
      assert.deepEqual(await faintLines(page), []))));

// No two lines have colour, dashes and points in common, so no two look alike.
test("no two lines look alike", () => withBrowser(browser =>
  withPage(browser, "sweep-simulated", {}, async page => {
    const looks = await page.$$eval("#lines .line", lines => lines.map(line =>
      [getComputedStyle(line).color, getComputedStyle(line.querySelector(".curve")).strokeDasharray,
       line.querySelector(".point").getAttribute("d")].join("|")));
    assert.ok(looks.length >= 15);
    assert.equal(new Set(looks).size, looks.length);
    const plain = looks.map(look => look.split("|").slice(1).join("|"));
    assert.ok(new Set(plain).size >= 12, "without colour, dashes and points still tell most apart");
  })));

for (const width of [320, 700, 701, 1280])
  test(`a sweep's texts lie inside their pictures, and the page is no wider than ${width} pixels`, () =>
    withBrowser(async browser => {
      for (const name of names)
        await withPage(browser, name, { width }, async page => {
          const found = await page.evaluate(() => {
            const outside = [];
            for (const text of document.querySelectorAll("figure svg text")) {
              if (!text.getClientRects().length) continue;
              const box = text.getBBox(), picture = text.ownerSVGElement.viewBox.baseVal;
              if (box.x < 0 || box.y < 0 || box.x + box.width > picture.width || box.y + box.height > picture.height)
                outside.push(text.textContent);
            }
            return { outside, wide: document.documentElement.scrollWidth - innerWidth };
          });
          assert.deepEqual(found.outside, [], name);
          assert.ok(found.wide <= 0, `${name} is ${found.wide} pixels too wide`);
          const shown = await page.$$eval("figure svg", all => all.filter(one => one.getClientRects().length)
            .map(one => one.getAttribute("class")));
          assert.ok(shown.length >= 1 && shown.every(one => one === (width <= 700 ? "narrow" : "wide")));
          const letters = await page.$$eval("figure svg text", all => all.filter(one => one.getClientRects().length)
            .map(one => one.getBoundingClientRect().height));
          assert.ok(Math.min(...letters) >= 12, `letters of ${Math.min(...letters)} pixels`);
        });
    }));

// Numbers on an axis that lie over each other.
test("no two numbers of an axis overlap", () => withBrowser(async browser => {
  for (const name of names)
    for (const width of [320, 1280])
      await withPage(browser, name, { width }, async page => {
        const pairs = await page.evaluate(() => {
          const over = (a, b) => a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
          const found = [];
          for (const axes of document.querySelectorAll("figure .axes, figure svg")) {
            const texts = [...axes.querySelectorAll(axes.matches(".axes") ? "text" : ".name text")]
              .filter(text => text.getClientRects().length);
            texts.forEach((text, index) => texts.slice(index + 1).forEach(other => {
              const [a, b] = [text, other].map(one => one.getBoundingClientRect());
              const slack = 3; // letters do not fill their boxes
              if (over({ left: a.left, right: a.right, top: a.top + slack, bottom: a.bottom - slack }, b))
                found.push(`${text.textContent} ${other.textContent}`);
            }));
          }
          return found;
        });
        assert.deepEqual(pairs, [], `${name} at ${width}`);
      });
}));

test("the points of the curves and the tables have the results' numbers", () => withBrowser(async browser => {
  for (const name of names)
    await withPage(browser, name, {}, async page => {
      const runs = resultsOf(name).runs;
      const shown = await page.$$eval("figure:first-of-type .wide .line title", all => all.map(one => one.textContent));
      const number = value => value.toLocaleString("en-US");
      assert.deepEqual(shown.sort(), runs.map(run => `${run.policy}${run.mode === "exact" &&
        runs.some(other => other.mode === "hw") ? " (exact)" : ""}, ${number(run.frames)} frames: ` +
        `${number(run.faults)} faults`).sort());
      const hashes = await page.$$eval("td code", all => all.map(one => one.textContent));
      assert.deepEqual(hashes, runs.map(run => run.victims_hash));
    });
}));

// Higher on the picture is more; where the frames grow the point is further right.
test("points lie in the order of their numbers", () => withBrowser(async browser => {
  for (const name of names)
    await withPage(browser, name, {}, async page => {
      const points = await page.$$eval("figure:first-of-type .wide .line > g", all => all.map(one => {
        const [x, y] = one.getAttribute("transform").match(/[\d.]+/g).map(Number);
        const [, frames, faults] = one.textContent.match(/, ([\d,]+) frames: ([\d,]+)/);
        return { x, y, frames: +frames.replaceAll(",", ""), faults: +faults.replaceAll(",", "") };
      }));
      for (const a of points)
        for (const b of points) {
          if (a.frames < b.frames) assert.ok(a.x < b.x);
          if (a.faults > b.faults) assert.ok(a.y <= b.y);
        }
    });
}));

test("a line that is unticked goes from every picture, without a script", () => withBrowser(browser =>
  withPage(browser, "sweep-booted", {}, async page => {
    assert.equal(await page.locator("script").count(), 0);
    const seen = index => page.$$eval(`figure .wide .s${index}`, all =>
      all.filter(one => one.getClientRects().length).length);
    assert.ok(await seen(1) > 0);
    await page.uncheck("#show-1");
    assert.equal(await seen(1), 0);
    assert.ok(await seen(0) > 0);
    assert.ok(await page.isVisible("label[for=show-1] svg"), "its place in the legend stays");
    await page.check("#show-1");
    assert.ok(await seen(1) > 0);
    await page.hover("label[for=show-0]");
    const faded = await page.$$eval("figure .wide .line", all => all.map(one => getComputedStyle(one).opacity));
    assert.equal(faded[0], "1");
    assert.ok(faded.slice(1, 3).every(opacity => opacity < 0.5));
  })));

test("printed, a sweep's page has its pictures and all its numbers", () => withBrowser(browser =>
  withPage(browser, "sweep-booted", {}, async page => {
    const file = path.join(folder, "sweep.pdf");
    await page.pdf({ path: file, format: "A4" });
    const text = execFileSync("pdftotext", ["-layout", file, "-"], { encoding: "utf8" });
    assert.match(text, /Faults by policy and frames/);
    for (const { victims_hash, policy } of resultsOf("sweep-booted").runs) {
      assert.ok(text.includes(victims_hash), victims_hash);
      assert.ok(text.includes(policy));
    }
  })));
