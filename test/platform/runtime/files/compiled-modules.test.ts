/** What Deno compiles at the start of every function is compiled once, and copied for each function. */
import { spawnSync } from "node:child_process";
import { chmod, mkdtemp, readdir, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Database from "libsql";
import { expect, onTestFinished, test } from "vitest";
import { findDeno } from "../../../../src/platform/runtime/deno-binary.ts";
import { CompiledModules } from "../../../../src/platform/runtime/files/compiled-modules.ts";
import {
	type DriverDirectory,
	openDriverDirectory,
} from "../../../../src/platform/runtime/files/driver-directory.ts";
import { HOST_PATH } from "../harness.ts";

async function open(): Promise<DriverDirectory> {
	const root = await mkdtemp(join(tmpdir(), "cr-"));
	await chmod(root, 0o711);
	const binary = await findDeno();
	const directory = await openDriverDirectory({ root, hostPath: HOST_PATH, binary, onShared: () => {} });
	onTestFinished(async () => {
		await directory.remove();
		await rm(root, { recursive: true });
	});
	return directory;
}

/** The Deno directories of four functions. The last one is made when everything is compiled. */
async function foldersOfFour(directory: DriverDirectory) {
	const compiled = new CompiledModules(directory);
	const made: { path: string; uid: number }[] = [];
	for (const name of ["f1", "f2", "f3", "f4"]) {
		await compiled.settled();
		const user = directory.users?.reserve();
		const path = join(directory.path, "functions", name);
		await compiled.makeDenoDirectory(path, user);
		made.push({ path, uid: user?.uid ?? process.getuid?.() ?? 0 });
	}
	return made;
}

/** What a Deno directory has of compiled modules. */
function readCache(path: string): { specifiers: string[]; lastRow: number } {
	const database = new Database(join(path, "v8_code_cache_v2"));
	try {
		const query = database.prepare("SELECT rowid AS row, specifier FROM codecache");
		const rows = query.all() as { row: number; specifier: string }[];
		return {
			specifiers: rows.map(({ specifier }) => specifier),
			lastRow: Math.max(...rows.map(({ row }) => row)),
		};
	} finally {
		database.close();
	}
}

test("the first functions get an empty Deno directory, and later ones what was compiled", async () => {
	const directory = await open();
	const [first, second, third, fourth] = await foldersOfFour(directory);
	for (const one of [first, second, third]) expect(await readdir(one?.path ?? "")).toEqual([]);
	const { specifiers } = readCache(fourth?.path ?? "");
	for (const expected of [/^ext:deno_node\//, /\/host\/main\.js$/, /\/host\/node\/chunk-/])
		expect(specifiers).toContainEqual(expect.stringMatching(expected));
});

test("each function owns its copy, and shares no file with another", async () => {
	const directory = await open();
	const [, , , fourth] = await foldersOfFour(directory);
	const path = fourth?.path ?? "";
	for (const name of ["", ...(await readdir(path))]) {
		const { mode, nlink, uid } = await stat(join(path, name));
		expect({ uid, rights: mode & 0o077 }).toEqual({ uid: fourth?.uid, rights: 0 });
		if (name !== "") expect(nlink).toBe(1);
	}
});

test("Deno uses what it is given: it compiles none of it again", async () => {
	const directory = await open();
	const [, , , fourth] = await foldersOfFour(directory);
	const path = fourth?.path ?? "";
	const { lastRow } = readCache(path);
	const script = join(directory.path, "script.js");
	await writeFile(script, 'import "node:http"; import "node:crypto";');
	const args = ["run", "--no-config", "--no-lock", script];
	const { status } = spawnSync(directory.binary, args, {
		env: { DENO_DIR: path, DENO_NO_UPDATE_CHECK: "1" },
	});
	expect(status).toBe(0);
	// A module that is stored again gets a new row, and these two have dozens.
	expect(readCache(path).lastRow - lastRow).toBeLessThan(10);
});

test("without a program that runs, functions get empty directories", async () => {
	const directory = await open();
	const made = await foldersOfFour({ ...directory, binary: "/bin/false" });
	for (const { path } of made) expect(await readdir(path)).toEqual([]);
});
