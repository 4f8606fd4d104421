#!/usr/bin/env node
// Starts the command line, and is the one place where the process ends.
// In a checkout, `dist/` is brought up to date first; an installed package has no `src/` and ships `dist/`.
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));

if (existsSync(new URL("../src", import.meta.url))) {
	const { ensureBuilt } = await import("../scripts/fresh.mjs");
	await ensureBuilt();
}
const { main } = await import("../dist/main.js");
process.exit(await main(process.argv.slice(2), root));
