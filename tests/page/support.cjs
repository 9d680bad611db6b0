// tests/page/support.cjs - a browser that holds every message and request against the page.
//
// FAULTLINE_BUILD is the build directory; its folder `page` has the recordings and their pages,
// which tests/page/run makes, and the packages.
"use strict";
const { execFileSync } = require("node:child_process");
const fs = require("node:fs");
const path = require("node:path");
const { test } = require("node:test");
const assert = require("node:assert");

const folder = path.join(process.env.FAULTLINE_BUILD, "page");
const { chromium } = require(path.join(folder, "node_modules", "playwright-core"));

const executable = process.env.PATH.split(":")
  .flatMap(place => ["chromium-headless-shell", "chromium"].map(name => path.join(place, name)))
  .find(fs.existsSync);
const flags = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
               "--disable-background-networking", "--disable-component-update", "--disable-sync"];

const fileOf = name => path.join(folder, `${name}.html`);

async function withBrowser(act) {
  const browser = await chromium.launch({ executablePath: executable, args: flags });
  try {
    await act(browser);
  } finally {
    await browser.close();
  }
}

// Opens a page in a context of its own; `act` gets it. Any message, error or request fails.
async function withPage(browser, name, options, act) {
  const { hash = "", width = 1440, height = 900, colorScheme = "light" } = options;
  const context = await browser.newContext({ viewport: { width, height }, colorScheme });
  const page = await context.newPage(), seen = [];
  page.on("console", message => seen.push(`console: ${message.text()}`));
  page.on("pageerror", error => seen.push(`error: ${error.message}`));
  page.on("request", request => {
    if (!request.url().startsWith("file:") && !request.url().startsWith("data:"))
      seen.push(`request: ${request.url()}`);
  });
  const begin = performance.now();
  await page.goto(`file://${fileOf(name)}${hash}`);
  page.openedIn = performance.now() - begin;
  await act(page);
  assert.deepEqual(seen, [], "the page says nothing and asks for nothing");
  await context.close();
}

// What a reader can see or hear: text, and the names that are read aloud.
const visibleText = page => page.evaluate(() => {
  const texts = [document.title, document.body.innerText];
  for (const element of document.querySelectorAll("body *"))
    if (!element.closest("script"))
      texts.push(...["aria-label", "aria-valuetext", "title"].map(name => element.getAttribute(name) || ""));
  for (const text of document.querySelectorAll("svg text, svg title")) texts.push(text.textContent);
  return texts.join("\n");
});

const place = page => page.evaluate(() => ({
  kind: kinds[view.episode.kind].key, number: view.episode.number, row: view.current,
}));

// What `exo walk` tells of an episode, its events as `rows`.
function toldOf(name, option, number) {
  const told = JSON.parse(execFileSync(path.join(process.env.FAULTLINE_BUILD, "exo"),
    ["walk", path.join(folder, name), option, String(number), "--format", "json"], { encoding: "utf8" }));
  told.rows = told.events.map(({ step, who, sentence, sequence, time, instructions, waited }) =>
    ({ step, who, sentence, sequence, time, instructions, waited }));
  return told;
}

// What the page shows of an episode, in the same words.
const shownRows = (page, kind, number) => page.evaluate(([k, n]) => episodeOf(k, n).rows.map(row => ({
  step: data.steps[row.step][0], who: laneName(actorOf(row.event)), sentence: sentenceOf(row.event),
  sequence: row.event, time: timeOf[row.event], instructions: row.cost, waited: row.waited,
})), [kind, number]);

module.exports = { assert, folder, fs, path, place, shownRows, test, toldOf, visibleText, withBrowser, withPage };
