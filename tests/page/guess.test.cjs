// tests/page/guess.test.cjs - "Guess first" leaks nothing: what is not revealed is nowhere to be
// seen, whether in text, in names that are read aloud, or in the diagram's arrows.
"use strict";
const { assert, test, visibleText, withBrowser, withPage } = require("./support.cjs");

test("in guess mode the answer is nowhere before it is revealed", () => withBrowser(browser =>
  withPage(browser, "sort", {}, async page => {
    const { victim, number } = await page.evaluate(() => {
      for (let each = 1; each <= countOf(0); ++each)
        for (const { event } of episodeOf(0, each).rows)
          if (nameOf(event) === "victim_chosen") return { victim: textOf(event, "victim_page"), number: each };
      return {};
    });
    await page.evaluate(each => openEpisode(0, each, 0), number);
    await page.click("#guess");
    const rows = await page.evaluate(() => view.episode.rows.length);
    let named = false;
    for (let row = 0; row < rows; ++row) {
      const answers = await page.evaluate(from => view.episode.rows.slice(from)
        .map(({ event }) => ({ label: labelOf(event), sentence: sentenceOf(event), name: nameOf(event) })), row);
      const past = await page.evaluate(to => view.episode.rows.slice(0, to)
        .map(({ event }) => labelOf(event)), row);
      const text = await visibleText(page);
      for (const { label, sentence } of answers) {
        if (!past.includes(label)) assert.ok(!text.includes(label), `row ${row} shows "${label}"`);
        assert.ok(!text.includes(sentence), `row ${row} shows "${sentence}"`);
      }
      named ||= answers.length < rows && past.some(label => label.includes(victim));
      if (!named) assert.ok(!text.includes(victim), `row ${row} names the victim`);
      // No arrow, no colour of a row or of the strip that is not told yet.
      assert.equal(await page.locator("#diagram .arrow, #diagram .alone").count(), row);
      assert.equal(await page.locator("#strip .part.h, #strip .part.k, #strip .part.l, #strip .part.d").count(), row);
      // What is ahead cannot be reached.
      await page.evaluate(() => go(Infinity));
      assert.equal(await page.evaluate(() => view.current), row);
      await page.click("#reveal");
      const told = await visibleText(page);
      assert.ok(told.includes(answers[0].sentence), `row ${row} is revealed`);
      await page.evaluate(() => go(view.current + 1));
    }
    assert.ok(named);
    await page.click("#guess");
    assert.equal(await page.locator("#ask").isHidden(), true);
  })));

test("an answer is judged and counted", () => withBrowser(browser =>
  withPage(browser, "sort", { hash: "#fault=40" }, async page => {
    await page.click("#guess");
    await page.click("#ask [data-lane='h']");
    assert.match(await page.textContent("#judged"), /^Right: hardware/);
    await page.click("#next");
    await page.click("#ask [data-lane='d']");
    assert.match(await page.textContent("#judged"), /^No: it is exokernel/);
    assert.equal(await page.textContent("#score"), "1 of 2 right");
  })));

test("the page that gives way can be guessed", () => withBrowser(browser =>
  withPage(browser, "sort", { hash: "#fault=40" }, async page => {
    await page.click("#guess");
    for (let told = 0; !(await page.isVisible("#victim")); ++told) {
      assert.ok(told < 20, "a victim is asked for");
      await page.click("#reveal");
      await page.click("#next");
    }
    const { victim, row } = await page.evaluate(() =>
      ({ victim: textOf(view.episode.rows[view.current].event, "victim_page"), row: view.current }));
    assert.equal(await page.inputValue("#victim"), "");
    await page.locator("#victim").press("n"); // letters are letters there, not keys of the page
    assert.equal(await page.evaluate(() => view.current), row);
    await page.fill("#victim", victim.replace(/^0x/, "").toUpperCase());
    await page.click("#reveal");
    assert.match(await page.textContent("#judged"), new RegExp(`^It is .*And the page is ${victim}\\.$`));
    assert.equal(await page.textContent("#score"), "1 of 1 right");
    await page.click("#guess");
    await page.click("#guess");
    await page.fill("#victim", "0x1");
    await page.click("#reveal");
    assert.match(await page.textContent("#judged"), new RegExp(`The page is ${victim}\\.$`));
    assert.equal(await page.textContent("#score"), "1 of 2 right");
  })));

test("the list of faults keeps their outcome for itself in guess mode", () => withBrowser(browser =>
  withPage(browser, "sort", {}, async page => {
    await page.click("#guess");
    await page.click("#list-open");
    assert.doesNotMatch(await page.textContent("#list-rows"), /frame|taken|written/);
  })));

test("a guess is offered where a victim is chosen, and nowhere else", () => withBrowser(browser =>
  withPage(browser, "pair", {}, async page => {
    const offered = () => page.isVisible("#guess");
    const open = (kind, number) => page.evaluate(([k, n]) => openEpisode(k, n, 0), [kind, number]);
    for (let revocation = 1; revocation <= 6; ++revocation) {
      await open(1, revocation);
      assert.equal(await offered(), false);
      await page.keyboard.press("g");
      assert.equal(await page.evaluate(() => guess.on), false);
    }
    const { crash, replaced } = await page.evaluate(() => {
      const find = holds => ofKind[0].map(index => data.episodes[index]).find(holds)[1];
      return { crash: find(episode => /environment ends/.test(episode[4])),
               replaced: find(episode => /is taken from page/.test(episode[4])) };
    });
    await open(0, crash);
    assert.equal(await offered(), false);
    await open(0, replaced);
    assert.equal(await offered(), true);
    await page.click("#guess");
    assert.equal(await page.evaluate(() => guess.told), 0);
    // What is not to be guessed is shown, and the wish is kept for the next one that is.
    await open(0, crash);
    assert.equal(await page.evaluate(() => guess.on), false);
    await open(0, replaced);
    assert.equal(await page.evaluate(() => guess.on), true);
  })));
