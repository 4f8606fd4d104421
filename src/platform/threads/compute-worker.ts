/** What runs in the thread of `compute.ts`: one task in, its result or an error out. Built as a program of its own. */
import { parentPort } from "node:worker_threads";
import { cryptoReady } from "../../crypto.ts";
import { AppError } from "../../errors.ts";
import { blobHash } from "../../protocol/blob-hash.ts";
import { checkGraphText, readOutput } from "./build-output.ts";
import type { Result, Task } from "./compute.ts";
import { parseJson } from "./json.ts";

function perform(task: Task): Result {
	try {
		if (task.type === "hash") return { type: "hash", hash: blobHash(task.bytes) };
		if (task.type === "json") return { type: "json", value: parseJson(task.bytes, task.depthMax) };
		if (task.type === "output") return { type: "output", output: readOutput(task.request) };
		checkGraphText(task.request);
		return { type: "graph" };
	} catch (error) {
		if (error instanceof AppError) return { error: error.toJSON() };
		throw error;
	}
}

/** What the platform takes over, instead of a copy. */
function ownedBy(result: Result): ArrayBuffer[] {
	if (!("output" in result)) return [];
	return [result.output.code.buffer, result.output.sourceMapBytes.buffer] as ArrayBuffer[];
}

parentPort?.on("message", async (task: Task) => {
	await cryptoReady;
	const result = perform(task);
	parentPort?.postMessage(result, ownedBy(result));
});
