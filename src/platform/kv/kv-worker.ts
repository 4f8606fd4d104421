/**
 * The main module of the thread of the stores: SQLite waits for the disk in it, and the thread that serves requests
 * does not. The build bundles it as a separate program.
 */
import { readlinkSync } from "node:fs";
import { getPriority, setPriority } from "node:os";
import { parentPort, workerData } from "node:worker_threads";
import { KvServer } from "./kv-server.ts";
import type { KvCommand, KvReport, KvWorkerData } from "./kv-stores.ts";

const post = (report: KvReport) => parentPort?.postMessage(report);
const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error));

/** Requests of clients and functions come before what functions store. */
const LOWER_BY = 5;

/** Lowers the priority of this thread alone, which only Linux can. */
function lowerPriority(): void {
	try {
		const thread = Number(readlinkSync("/proc/thread-self").split("/").at(-1));
		setPriority(thread, getPriority(thread) + LOWER_BY);
	} catch {
		// Another system, or the lowest priority already.
	}
}

lowerPriority();
const server = new KvServer({
	...(workerData as KvWorkerData),
	now: Date.now,
	onError: (error, app) => post({ type: "fault", app, message: messageOf(error) }),
});

async function run(command: KvCommand): Promise<void> {
	if (command.type === "listen") await server.listen(command.socket);
	else if (command.type === "drop") server.drop(command.apps);
	else if (command.type === "keep-only") server.keepOnly(command.apps);
	else server.close();
}

parentPort?.on("message", async ({ id, command }: { id: number; command: KvCommand }) => {
	try {
		await run(command);
		post({ type: "done", id });
	} catch (error) {
		post({ type: "failed", id, message: messageOf(error) });
	}
});
