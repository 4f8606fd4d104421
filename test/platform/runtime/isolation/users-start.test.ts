/**
 * The start of a platform that is root: users of functions may not work, or a killed platform may have left
 * processes.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, onTestFinished, test } from "vitest";
import { mayChangeUser } from "../../../../src/platform/machine/users.ts";
import { findDeno } from "../../../../src/platform/runtime/deno-binary.ts";
import { ask, EGRESS_PROGRAM, HOST_PATH, openRuntime } from "../harness.ts";
import { bundleForNode } from "../strip.ts";
import { stray, uidOf } from "./as-user.ts";

/** A platform in a separate process, with one function. Prints its warnings and the function's user. */
async function startPlatform(folder: string, ...before: string[]) {
	const place = await mkdtemp(join(tmpdir(), "coffer-platform-"));
	onTestFinished(() => rm(place, { recursive: true }));
	await chmod(place, 0o711);
	const module = fileURLToPath(new URL("../../../../src/platform/runtime/open-deno.ts", import.meta.url));
	await bundleForNode(module, join(place, "runtime.mjs"));
	const directory = join(place, folder);
	const options = JSON.stringify({
		binary: await findDeno(),
		hostPath: HOST_PATH,
		egressProgram: EGRESS_PROGRAM,
		directory,
	});
	const script = join(place, "platform.mjs");
	await writeFile(
		script,
		`import { createDenoRuntime } from "./runtime.mjs";
		let told = 0;
		const runtime = await createDenoRuntime({ ...${options}, onShared: () => told++ });
		const code = new TextEncoder().encode("export default () => new Response('served')");
		const { pid, socketPath } = await runtime.start({ app: "a", function: "f", deployment: "d", code, environment: new Map() });
		console.log(JSON.stringify({ pid, socketPath, told }));
		process.stdin.resume().on("end", () => runtime.close().then(() => process.exit()));`,
	);
	const [file = "", ...args] = [...before, process.execPath, script];
	const platform = spawn(file, args, { stdio: ["pipe", "pipe", "inherit"] });
	const exited = once(platform, "exit");
	onTestFinished(async () => {
		platform.stdin.end();
		await exited;
	});
	const [line] = await once(platform.stdout, "data");
	const started: { pid: number; socketPath: string; told: number } = JSON.parse(String(line));
	return { ...started, platform, directory };
}

/** Only root can use such users. */
describe.each(mayChangeUser() ? ["root"] : [])("a platform that is %s", () => {
	test.each([
		["may not change its user", ["setpriv", "--bounding-set=-setuid,-setgid", "--inh-caps=-setuid,-setgid"]],
		["may not change owners", ["setpriv", "--bounding-set=-chown", "--inh-caps=-chown"]],
		["has no such users, in a user namespace", ["unshare", "--user", "--map-root-user"]],
	])("if root %s, functions run as root, and the log reports it once", async (_, before) => {
		const { pid, socketPath, told } = await startPlatform("run", ...before);
		expect(told).toBe(1);
		expect(uidOf(pid)).toBe(0);
		expect((await ask(socketPath)).body).toBe("served");
	});

	test.each(["run", "d".repeat(120)])(
		"the next platform ends processes that a killed platform left running: in %s",
		async (folder) => {
			const { pid, platform, directory } = await startPlatform(folder);
			const child = await stray(uidOf(pid));
			const ended = once(child, "exit");
			platform.kill("SIGKILL");
			await once(platform, "exit");
			const next = await openRuntime({ directory });
			expect(await ended).toEqual([null, "SIGKILL"]);
			await next.close();
		},
	);
});
