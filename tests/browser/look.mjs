// Opens a page as a reader does, at two widths and in both themes: `node look.mjs PAGE.html FOLDER`.
// Writes a picture of each to FOLDER, and prints as JSON what axe-core finds wrong, requests that the page
// makes, and how much wider than the window it is.
import { createRequire } from "node:module";
import path from "node:path";
import { pathToFileURL } from "node:url";
import chromium from "@sparticuz/chromium";
import puppeteer from "puppeteer-core";

const axe = createRequire(import.meta.url).resolve("axe-core/axe.min.js");
const [page, folder] = process.argv.slice(2);
const address = pathToFileURL(path.resolve(page)).href;

async function look(browser, width, theme) {
  const tab = await browser.newPage();
  const requests = [];
  tab.on("request", (one) => requests.push(one.url()));
  await tab.setViewport({ width, height: 900 });
  await tab.emulateMediaFeatures([{ name: "prefers-color-scheme", value: theme }]);
  await tab.goto(address);
  await tab.screenshot({ path: path.join(folder, `${width}-${theme}.png`), fullPage: true });
  const tooWide = await tab.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
  await tab.evaluate(() => document.querySelectorAll("details").forEach((one) => (one.open = true)));
  await tab.addScriptTag({ path: axe });
  const { violations } = await tab.evaluate(() => window.axe.run());
  await tab.close();
  return {
    width,
    theme,
    tooWide,
    requests: requests.filter((one) => one !== address),
    faults: violations.map(({ id, help, nodes }) => ({ id, help, where: nodes.slice(0, 3).map((one) => one.html) })),
  };
}

const browser = await puppeteer.launch({
  args: chromium.args,
  executablePath: await chromium.executablePath(),
  headless: "shell",
});
const looks = [];
for (const width of [390, 1280]) for (const theme of ["light", "dark"]) looks.push(await look(browser, width, theme));
await browser.close();
console.log(JSON.stringify(looks));
