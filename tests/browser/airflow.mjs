// Opens Airflow's pages as a data team does: `node airflow.mjs PLAN.json FOLDER`.
// PLAN holds `address`, `user`, `password`, and `pages`: for each a `name`, a `path`, the `height` of its picture,
// and `steps` to take there: `click` (a selector), `type` (a text), `wait` (for a text to be seen). Writes a
// picture of each to FOLDER, and prints as JSON the text of each page.
import { readFileSync } from "node:fs";
import path from "node:path";
import chromium from "@sparticuz/chromium";
import puppeteer from "puppeteer-core";

const [planFile, folder] = process.argv.slice(2);
const plan = JSON.parse(readFileSync(planFile, "utf8"));
const PATIENCE = 30_000;
const WIDTH = 1280;

const seen = (text) => `::-p-text(${text})`;

async function enter(tab) {
  await tab.goto(`${plan.address}/auth/login/`, { waitUntil: "networkidle2" });
  await tab.type("input[name=username]", plan.user);
  await tab.type("input[name=password]", plan.password);
  await tab.click("button[type=submit]");
  await tab.waitForNavigation({ waitUntil: "networkidle2" });
}

async function take(tab, step) {
  if (step.wait) await tab.waitForSelector(seen(step.wait), { timeout: PATIENCE });
  if (step.click) await (await tab.waitForSelector(step.click, { visible: true, timeout: PATIENCE })).click();
  if (step.type) await tab.keyboard.type(step.type);
}

async function look(tab, page) {
  await tab.goto(plan.address + page.path, { waitUntil: "networkidle2" });
  for (const step of page.steps) await take(tab, step);
  await new Promise((done) => setTimeout(done, 800)); // dialogs slide in
  const clip = { x: 0, y: 0, width: WIDTH, height: page.height };
  await tab.screenshot({ path: path.join(folder, `${page.name}.png`), clip });
  return tab.evaluate(() => document.body.innerText);
}

const browser = await puppeteer.launch({
  args: chromium.args,
  executablePath: await chromium.executablePath(),
  headless: "shell",
});
const tab = await browser.newPage();
await tab.setViewport({ width: WIDTH, height: 800 });
await enter(tab);
const texts = {};
for (const page of plan.pages) texts[page.name] = await look(tab, page);
await browser.close();
console.log(JSON.stringify(texts));
