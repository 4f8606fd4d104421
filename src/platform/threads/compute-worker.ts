/**
 * The main module of the thread of `compute.ts`. It answers each task with a result or an error. The build bundles it
 * as a separate program.
 */
import { parentPort } from "node:worker_threads";
import { cryptoReady } from "../../crypto.ts";
import { AppError } from "../../errors.ts";
import { blobHash } from "../../protocol/blob-hash.ts";
import type { Result, Task } from "./compute.ts";
import { parseJson } from "./json.ts";

function perform(task: Task): Result {
	try {
		if (task.type === "hash") return { type: "hash", hash: blobHash(task.bytes) };
		return { type: "json", value: parseJson(task.bytes, task.depthMax) };
	} catch (error) {
		if (error instanceof AppError) return { error: error.toJSON() };
		throw error;
	}
}

parentPort?.on("message", async (task: Task) => {
	await cryptoReady;
	parentPort?.postMessage(perform(task));
});
