/**
 * Functions that got out of Deno's permissions, as far as the system's own walls go: what they could do is tried by
 * programs that run as their users. Where the tests are not root, there are no such users.
 */
import { once } from "node:events";
import { existsSync } from "node:fs";
import { chmod, copyFile, mkdir, mkdtemp, readdir, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { findDeno } from "../../../src/platform/runtime/deno-binary.ts";
import type { Instance } from "../../../src/platform/runtime/runtime.ts";
import { isFunctionUser, mayChangeUser } from "../../../src/platform/runtime/users.ts";
import { as, status, stray, uidOf } from "./as-user.ts";
import { ask, type Harness, launch, openRuntime } from "./harness.ts";

const HELLO = `export default () => new Response("hello " + Deno.env.get("TMPDIR"));`;

let harness: Harness;
let own: Instance;
let sibling: Instance;
beforeAll(async () => {
	harness = await openRuntime();
	own = await harness.runtime.start(launch(HELLO, {}, { function: "own" }));
	sibling = await harness.runtime.start(launch(HELLO, { TOKEN: "x" }, { function: "sibling" }));
});
afterAll(() => harness.close());

/** Where it is root, the platform gives functions users; elsewhere there is nothing to be seen here. */
describe.each(mayChangeUser() ? ["root"] : [])("where the platform is %s", () => {
	const temporaryOf = async (instance: Instance) =>
		(await ask(instance.socketPath)).body.replace("hello ", "");

	test("each function is a user of its own, of no group, who can become nobody else", async () => {
		const newer = await harness.runtime.start(launch(HELLO, {}, { function: "own", deployment: "d2" }));
		for (const instance of [own, sibling]) {
			const uid = uidOf(instance.pid);
			expect(isFunctionUser(uid)).toBe(true);
			for (const key of ["Uid", "Gid"])
				expect(status(instance.pid, key)).toBe([uid, uid, uid, uid].join("\t"));
			expect(status(instance.pid, "Groups")).toBe("");
			for (const key of ["CapPrm", "CapEff"]) expect(BigInt(`0x${status(instance.pid, key)}`)).toBe(0n);
			expect(status(instance.pid, "NoNewPrivs")).toBe("1");
		}
		expect(uidOf(own.pid)).not.toBe(uidOf(sibling.pid));
		expect(uidOf(newer.pid)).toBe(uidOf(own.pid));
		await newer.stop();
	});

	const SIBLINGS: [string, string][] = [
		["reading its temporary folder", 'ls "$TEMPORARY"'],
		["writing there", ': > "$TEMPORARY/x"'],
		["reading its bundle", 'cat "$BUNDLE"'],
		["reading its main module", 'cat "$FOLDER/main.js"'],
		["reading what Deno keeps for it", 'ls "$FOLDER/deno"'],
		["reading its environment", "cat /proc/$PID/environ"],
		["reading its memory's layout", "cat /proc/$PID/maps > /dev/null"],
		["seeing its open files", "ls /proc/$PID/fd/"],
		["opening its memory", "exec 3< /proc/$PID/mem"],
		["signalling it", "kill -0 $PID"],
		["making it slower", "renice -n 19 -p $PID"],
	];

	async function filled(script: string): Promise<string> {
		const temporary = await temporaryOf(sibling);
		const bundles = await readdir(join(harness.directory, "bundles"));
		const { gid } = await stat(dirname(temporary));
		const ofSibling = async (folder: string, names: string[]) => {
			for (const name of names) if ((await stat(join(folder, name))).gid === gid) return join(folder, name);
			throw new Error("There is none.");
		};
		const functions = join(harness.directory, "functions");
		return script
			.replaceAll("$TEMPORARY", temporary)
			.replaceAll("$BUNDLE", await ofSibling(join(harness.directory, "bundles"), bundles))
			.replaceAll("$FOLDER", await ofSibling(functions, await readdir(functions)))
			.replaceAll("$PID", String(sibling.pid));
	}

	test.each(SIBLINGS)("a sibling is out of reach, though not for itself: %s", async (_, script) => {
		const code = await filled(script);
		const { code: refused, out } = as(uidOf(own.pid), code);
		expect(refused).not.toBe(0);
		expect(out).toBe("");
		expect(as(uidOf(sibling.pid), code).code).toBe(0);
	});

	test.each([
		["its environment", `cat /proc/${process.pid}/environ`],
		["its memory", `exec 3< /proc/${process.pid}/mem`],
		["signals to it", `kill -0 ${process.pid}`],
		["a list of its folder", 'ls "$DIRECTORY"'],
		["a list of the bundles", 'ls "$DIRECTORY/bundles"'],
		["a list of the instances", 'ls "$DIRECTORY/i"'],
		["a file among the bundles", ': > "$DIRECTORY/bundles/x" && rm "$DIRECTORY/bundles/x"'],
		["another main module", 'touch "$DIRECTORY"/functions/*/main.js'],
		["another host", 'touch "$DIRECTORY/host/main.ts"'],
		["a file in its own instance's folder", ': > "$OWN/x" && rm "$OWN/x"'],
		["a name in the place of the platform's for its socket", 'mv "$OWN/s" "$OWN/t" && mv "$OWN/t" "$OWN/s"'],
	])("the platform is out of reach, though not for root: %s", (_, script) => {
		const code = script
			.replaceAll("$DIRECTORY", harness.directory)
			.replaceAll("$OWN", dirname(own.socketPath));
		const { code: refused, out } = as(uidOf(own.pid), code);
		expect(refused).not.toBe(0);
		expect(out).toBe("");
		expect(as(0, code).code).toBe(0);
	});

	test("a link in the place of its socket leads the platform nowhere else", async () => {
		const folder = join(dirname(own.socketPath), "f");
		expect(as(uidOf(own.pid), `ln -sfn ${sibling.socketPath} ${folder}/s`).code).toBe(0);
		expect((await ask(own.socketPath)).body).toContain(folder);
	});

	test("what it leaves running ends with its last process, and not before", async () => {
		const start = (deployment: string) =>
			harness.runtime.start(launch(HELLO, {}, { function: "leaving", deployment }));
		const [older, newer] = [await start("d1"), await start("d2")];
		const child = await stray(uidOf(older.pid));
		const ended = once(child, "exit");
		await older.stop();
		await older.exited;
		expect(child.exitCode ?? child.signalCode).toBeNull();
		await newer.stop();
		expect(await ended).toEqual([null, "SIGKILL"]);
	});

	test("its files are removed as itself: folders that it closed, links that it left", async () => {
		const kept = await mkdtemp(join(tmpdir(), "coffer-kept-"));
		onTestFinished(() => rm(kept, { recursive: true }));
		await chmod(kept, 0o755);
		await writeFile(join(kept, "file"), "kept");
		const instance = await harness.runtime.start(launch(HELLO, {}, { function: "closing" }));
		const temporary = await temporaryOf(instance);
		const script = `cd ${temporary} && mkdir -p a/b && : > a/b/c && ln -s ${kept} link && chmod 0 a/b a`;
		expect(as(uidOf(instance.pid), script).code).toBe(0);
		const folder = dirname(instance.socketPath);
		await instance.stop();
		const again = await harness.runtime.start(launch(HELLO, {}, { function: "closing" }));
		expect(existsSync(folder)).toBe(false);
		expect(await readdir(kept)).toEqual(["file"]);
		await again.stop();
	});

	test("a binary that only root can get at is copied to where functions can", async () => {
		const closed = await mkdtemp(join(tmpdir(), "coffer-closed-"));
		onTestFinished(() => rm(closed, { recursive: true }));
		const binary = join(closed, "deno");
		await copyFile(await findDeno(), binary);
		await chmod(binary, 0o700);
		const other = await openRuntime({ binary });
		onTestFinished(() => other.close());
		const instance = await other.runtime.start(launch(HELLO));
		expect(isFunctionUser(uidOf(instance.pid))).toBe(true);
		expect((await stat(binary)).mode & 0o777).toBe(0o700);
	});

	test("a directory that only root can get at is replaced by one elsewhere, which goes with the platform", async () => {
		const closed = await mkdtemp(join(tmpdir(), "coffer-closed-"));
		onTestFinished(() => rm(closed, { recursive: true }));
		const directory = join(closed, "run");
		await mkdir(directory);
		const other = await openRuntime({ directory });
		const instance = await other.runtime.start(launch(HELLO));
		expect(isFunctionUser(uidOf(instance.pid))).toBe(true);
		const temporary = await temporaryOf(instance);
		expect(temporary.startsWith(closed)).toBe(false);
		await other.close();
		expect(existsSync(join(temporary, "../../../.."))).toBe(false);
		expect(await readdir(directory)).toEqual([]);
	});
});
