/** Leaves the shop running, and prints how to try it. */
import { chmod, mkdir, writeFile } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { PROGRAM } from "./coffer.mjs";
import { bold, chapter, say } from "./screen.mjs";

const quoted = (text) => `'${text.replaceAll("'", "'\\''")}'`;

/**
 * A file to source in a shell: it puts `coffer` on the PATH, sets the demonstration's identity, state and
 * token, and changes to the shop's folder.
 */
async function writeShellFile({ coffer, folder }) {
	const bin = join(folder, "bin");
	await mkdir(bin);
	await writeFile(
		join(bin, "coffer"),
		`#!/bin/sh\nexec ${quoted(process.execPath)} ${quoted(PROGRAM)} "$@"\n`,
	);
	await chmod(join(bin, "coffer"), 0o755);
	const exported = Object.entries(coffer.variables).map(
		([name, value]) => `export ${name}=${quoted(value)}\n`,
	);
	const path = `export PATH=${quoted(bin)}${delimiter}"$PATH"\n`;
	const file = join(folder, "shell");
	await writeFile(file, `${path}${exported.join("")}cd ${quoted(join(folder, "shop"))}\n`, { mode: 0o600 });
	return file;
}

/** Resolves when the signal aborts. */
export async function serve({ coffer, folder, platform, signal }) {
	const file = await writeShellFile({ coffer, folder });
	chapter("It is running");
	const lines = [
		`In another shell (the file holds the access token, and goes with the rest):`,
		"",
		`  . ${file}`,
		"  coffer functions list",
		"  coffer functions references",
		"  openssl rand -base64 32 | coffer secrets set COUPON_KEY --stdin",
		"  coffer functions logs webhook",
		"  coffer watch",
		"",
		"Functions:",
		"",
		`  curl '${platform.listen}/shop/prices?item=tea&item=mug'`,
		`  curl -X POST ${platform.listen}/shop/coupons`,
		`  curl -d '{"email":"ada@example.com"}' ${platform.listen}/shop/login`,
		`  curl '${platform.listen}/shop/shipping?carrier=dhl&parcel=P-1'`,
	];
	for (const line of lines) say(line === "" ? "" : `  ${line}`);
	say();
	say(`  ${bold("Ctrl-C")} ends it and removes everything.`);
	if (signal.aborted) return;
	// A listener alone does not keep the process alive.
	const alive = setInterval(() => {}, 60_000);
	await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
	clearInterval(alive);
}
