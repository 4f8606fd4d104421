/** A platform whose start is interrupted: it does not wait for its functions, and leaves nothing running. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { NO_LOG } from "../../src/platform/faults/log.ts";
import { statusesOf } from "./fixtures/client.ts";
import { APP, Story } from "./fixtures/platform-story.ts";

/** Its second process never becomes ready. */
const FILES = {
	"functions/slow/index.ts": `
		const store = await Deno.openKv();
		const { value: hasStarted } = await store.get(["hasStarted"]);
		await store.set(["hasStarted"], true);
		if (hasStarted) {
			console.log("it hangs");
			await new Promise(() => setInterval(() => {}, 1_000));
		}
		Deno.serve(() => new Response("ready"));`,
	"functions/slow/function.jsonc": '{"idleSeconds": "never"}',
};

/** Whether a function has written the text to its log. */
function isLogged(data: string, text: string): boolean {
	const entries = readdirSync(data, { recursive: true, withFileTypes: true });
	const files = entries.filter((entry) => entry.isFile() && entry.parentPath.startsWith(join(data, "logs")));
	return files.some(({ name, parentPath }) => readFileSync(join(parentPath, name), "utf8").includes(text));
}

/** The processes that have the data directory in their arguments. */
function processesOf(data: string): string[] {
	const commandOf = (pid: string) => {
		try {
			return readFileSync(`/proc/${pid}/cmdline`, "latin1").replaceAll("\0", " ");
		} catch {
			return "";
		}
	};
	const pids = readdirSync("/proc").filter((name) => /^[0-9]+$/.test(name));
	return pids.map(commandOf).filter((command) => command.includes(data));
}

test.each([0, 1])("with %i gateways", async (gateways) => {
	await using story = new Story(gateways, "own");
	await story.start();
	await story.send("KEY", 1, "value");
	expect(statusesOf(await story.client.deploy(APP, FILES))).toEqual({ slow: "deployed" });
	await story.platform.close();
	const warned: unknown[] = [];
	const log = { ...NO_LOG, warn: (...line: unknown[]) => warned.push(line) } as unknown as typeof NO_LOG;
	const interrupted = new AbortController();
	const starting = story.start(log, {}, interrupted.signal);
	const ended = expect(starting).rejects.toBe("SIGINT");
	await vi.waitFor(() => expect(isLogged(story.data, "it hangs")).toBe(true), {
		timeout: 60_000,
		interval: 100,
	});
	interrupted.abort("SIGINT");
	await ended;
	// It would say that the function was not ready in time.
	expect(JSON.stringify(warned)).not.toContain("slow");
	expect(processesOf(story.data)).toEqual([]);
	expect(await story.processes("data-plane.cjs")).toEqual([]);
});
