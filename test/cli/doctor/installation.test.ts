/** An installation without the optional packages, or without their binaries for this machine. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { checkPackages } from "../../../src/cli/doctor/installation.ts";
import { ROOT } from "../../support/root.ts";

let folder: string;
beforeEach(() => {
	folder = mkdtempSync(join(tmpdir(), "coffer-installation-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test("all packages are there", () => {
	expect(checkPackages(ROOT)).toMatchObject({ state: "ok", remedy: null });
});

test("those that are missing are named, with the command that installs them beside Coffer", () => {
	const found = checkPackages(folder);
	expect(found).toMatchObject({ check: "packages", state: "warning" });
	for (const name of ["esbuild", "libsql", "oxc-parser"]) expect(found.text).toContain(name);
	expect(found.remedy).toContain(`npm install --prefix ${folder} `);
});

test("a package without its binary counts as missing", () => {
	for (const name of ["esbuild", "libsql", "oxc-parser"]) {
		const place = join(folder, "node_modules", name);
		mkdirSync(place, { recursive: true });
		writeFileSync(join(place, "package.json"), JSON.stringify({ name, version: "1.0.0", main: "main.js" }));
		writeFileSync(join(place, "main.js"), name === "esbuild" ? "" : `require("@${name}/no-such-binary");`);
	}
	expect(checkPackages(folder).text).toMatch(/esbuild .*libsql .*oxc-parser/);
});
