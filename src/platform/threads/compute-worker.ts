/** The main module of the thread of `compute.ts`. It answers each task with a result or an error. The build bundles it as a program of its own. */
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

/** The buffers that are transferred to the platform instead of copied. */
function transferableBuffers(result: Result): ArrayBuffer[] {
	if (!("output" in result)) return [];
	return [result.output.code.buffer, result.output.sourceMapBytes.buffer] as ArrayBuffer[];
}

parentPort?.on("message", async (task: Task) => {
	await cryptoReady;
	const result = perform(task);
	parentPort?.postMessage(result, transferableBuffers(result));
});
