/**
 * Functions that have escaped from Deno's permissions: programs that run as their users test the operating
 * system's isolation. Without root, there are no such users.
 */
import { once } from "node:events";
import { existsSync } from "node:fs";
import { chmod, copyFile, mkdir, mkdtemp, readdir, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { isFunctionUser, mayChangeUser } from "../../../src/platform/machine/users.ts";
import { findDeno } from "../../../src/platform/runtime/deno-binary.ts";
import type { Instance } from "../../../src/platform/runtime/runtime.ts";
import { ask, type Harness, launch, openRuntime } from "../runtime/harness.ts";
import { as, status, stray, uidOf } from "../runtime/isolation/as-user.ts";
import { ON_GROUPS, ON_PLATFORM, ON_SIBLING, scriptsOf } from "../runtime/probes/system.ts";

const HELLO = `export default () => new Response("hello " + Deno.env.get("TMPDIR"));`;

let harness: Harness;
let own: Instance;
let sibling: Instance;
beforeAll(async () => {
	harness = await openRuntime({ ownNetwork: true });
	own = await harness.runtime.start(launch(HELLO, {}, { function: "own" }));
	sibling = await harness.runtime.start(launch(HELLO, { TOKEN: "x" }, { function: "sibling" }));
});
afterAll(() => harness.close());

/** Only a platform that is root gives functions their own users. */
describe.each(mayChangeUser() ? ["root"] : [])("if the platform is %s", () => {
	const temporaryOf = async (instance: Instance) =>
		(await ask(instance.socketPath)).body.replace("hello ", "");

	test("each function runs as a user of its own, which has no group and cannot become another user", async () => {
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

	test.each(ON_SIBLING)(
		"a function cannot do this to another function, only to itself: %s",
		async (_, script) => {
			const code = (await scriptsOf(harness, own, sibling))(script);
			const { code: refused, out } = as(uidOf(own.pid), code);
			expect(refused).not.toBe(0);
			expect(out).toBe("");
			expect(as(uidOf(sibling.pid), code).code).toBe(0);
		},
	);

	test.each(ON_PLATFORM)(
		"a function cannot do this to the platform, only root can: %s",
		async (_, script) => {
			const code = (await scriptsOf(harness, own, sibling))(script);
			const { code: refused, out } = as(uidOf(own.pid), code);
			expect(refused).not.toBe(0);
			expect(out).toBe("");
			expect(as(0, code).code).toBe(0);
		},
	);

	test("a function cannot change control groups, if there are any; root can", async () => {
		const fill = await scriptsOf(harness, own, sibling);
		// Without such users, there is nothing to clean up.
		for (const [name, script] of harness.runtime.limits.driver === "priority" ? [] : ON_GROUPS) {
			const code = fill(script);
			const refused = as(uidOf(own.pid), code);
			expect([name, refused.code === 0, refused.out]).toEqual([name, false, ""]);
			expect([name, as(0, code)]).toEqual([name, { code: 0, out: "" }]);
		}
	});

	test("the platform does not follow a link in the place of a function's socket", async () => {
		const folder = join(dirname(own.socketPath), "f");
		expect(as(uidOf(own.pid), `ln -sfn ${sibling.socketPath} ${folder}/s`).code).toBe(0);
		expect((await ask(own.socketPath)).body).toContain(folder);
	});

	test("background processes of a function end with its last process, and not before", async () => {
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

	test("files of a function are removed as its user: also folders that it closed, and links that it left", async () => {
		const outside = await mkdtemp(join(tmpdir(), "coffer-kept-"));
		onTestFinished(() => rm(outside, { recursive: true }));
		await chmod(outside, 0o755);
		await writeFile(join(outside, "file"), "kept");
		const instance = await harness.runtime.start(launch(HELLO, {}, { function: "closing" }));
		const temporary = await temporaryOf(instance);
		const script = `cd ${temporary} && mkdir -p a/b && : > a/b/c && ln -s ${outside} link && chmod 0 a/b a`;
		expect(as(uidOf(instance.pid), script).code).toBe(0);
		const folder = dirname(instance.socketPath);
		await instance.stop();
		const again = await harness.runtime.start(launch(HELLO, {}, { function: "closing" }));
		expect(existsSync(folder)).toBe(false);
		expect(await readdir(outside)).toEqual(["file"]);
		await again.stop();
	});

	test("a binary that only root can read is copied to a place that functions can read", async () => {
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

	test("a directory that only root can read is replaced by another one, which is removed with the platform", async () => {
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
