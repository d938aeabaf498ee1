// A Chromium for the tests, which notes what must not happen: errors, and requests to anywhere else.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from 'playwright-core';

const FLAGS = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'];

export async function open_browser({ url, width = 1440, height = 900, locale = 'en-US', dark = false, own_certificate = false }) {
  const profile = mkdtempSync(join(tmpdir(), 'tcpdx-web-'));
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', chromiumSandbox: false, args: FLAGS, headless: true,
    viewport: { width, height }, locale, ignoreHTTPSErrors: own_certificate, colorScheme: dark ? 'dark' : 'light', timezoneId: 'Asia/Seoul',
  });
  const page = context.pages()[0] ?? (await context.newPage());
  page.setDefaultTimeout(8000);
  const trouble = [];
  page.on('pageerror', (error) => trouble.push(`error: ${error.message}`));
  page.on('console', (message) => {
    // An answer of 400 or 404 that the page shows to the reader is no error of the page.
    if (['error', 'warning'].includes(message.type()) && !/status of 4\d\d/.test(message.text())) trouble.push(`console: ${message.text()}`);
  });
  const origin = new URL(url).origin;
  page.on('request', (request) => {
    if (!request.url().startsWith(origin)) trouble.push(`request to ${request.url()}`);
  });
  return {
    page, trouble,
    go: (hash) => page.goto(`${url}${hash}`),
    async close() {
      await context.close();
      rmSync(profile, { recursive: true, force: true });
    },
  };
}
