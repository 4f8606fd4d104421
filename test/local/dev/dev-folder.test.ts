/** The folder of a running `coffer dev`: who has it, and who finds it. */
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { findRunningDev, makeTemporaryFolder, takeDevFolder } from "../../../src/local/dev/dev-folder.ts";

const URL = "http://127.0.0.1:8787";

let stateFolder: string;
beforeEach(() => {
	stateFolder = mkdtempSync(join(tmpdir(), "coffer-state-"));
});
afterEach(() => rmSync(stateFolder, { recursive: true }));

const place = (environment = "production") => ({ root: "/a/project", environment, stateFolder });

test("a running command is found by its project and environment once it serves, and not after its end", async () => {
	{
		await using folder = await takeDevFolder(place());
		expect(await findRunningDev(place())).toBeUndefined();
		await folder.publish(URL);
		expect(await findRunningDev(place())).toBe(URL);
		expect(await findRunningDev(place("preview"))).toBeUndefined();
	}
	expect(await findRunningDev(place())).toBeUndefined();
});

test("a second command is refused with the address of the first, and another environment is not", async () => {
	await using folder = await takeDevFolder(place());
	await expect(takeDevFolder(place())).rejects.toMatchObject({ code: "DEV_RUNNING", exit: 5 });
	await folder.publish(URL);
	await expect(takeDevFolder(place())).rejects.toThrow(`at ${URL}`);
	await using other = await takeDevFolder(place("preview"));
	expect(other.path).not.toBe(folder.path);
});

test("the address that a killed command left names no running one, and the next command removes it", async () => {
	const first = await takeDevFolder(place());
	await first[Symbol.asyncDispose]();
	const address = join(first.path, "address.json");
	writeFileSync(address, JSON.stringify({ url: URL }));
	expect(await findRunningDev(place())).toBeUndefined();
	await using next = await takeDevFolder(place());
	expect([next.path, existsSync(address)]).toEqual([first.path, false]);
});

test.each(["", "{", '{"url":1}', "null", "x".repeat(5000)])(
	"a damaged address file names no command",
	async (text) => {
		await using folder = await takeDevFolder(place());
		writeFileSync(join(folder.path, "address.json"), text);
		expect(await findRunningDev(place())).toBeUndefined();
	},
);

test("the folder of one request is removed after it, with its listener", async () => {
	const before = process.listenerCount("exit");
	let path: string;
	{
		await using folder = await makeTemporaryFolder();
		path = folder.path;
		writeFileSync(join(path, "x"), "");
	}
	expect([existsSync(path), process.listenerCount("exit")]).toEqual([false, before]);
});
