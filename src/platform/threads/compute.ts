/**
 * Work that takes a while and needs nothing but a processor, in a thread of its own: hashes of large contents, large
 * JSON texts, what a build wrote. One thread for the process, as the system's own threads are.
 */
import { AppError, type ExitStatus } from "../../errors.ts";
import { blobHash } from "../../protocol/blob-hash.ts";
import { builtPath } from "../machine/assets.ts";
import type { Output, OutputRequest } from "./build-output.ts";
import { WorkerThread } from "./worker-thread.ts";

/** What the thread is asked. */
export type Task =
	| { readonly type: "hash"; readonly bytes: Uint8Array }
	| { readonly type: "json"; readonly bytes: Uint8Array; readonly depthMax: number }
	| { readonly type: "graph" | "output"; readonly request: OutputRequest };

/** What it answers; `error` where it is an `AppError`. */
export type Result =
	| { readonly type: "hash"; readonly hash: string }
	| { readonly type: "json"; readonly value: unknown }
	| { readonly type: "graph" }
	| { readonly type: "output"; readonly output: Output }
	| { readonly error: { code: string; message: string; hint: string; exit: number; line?: number } };

/** Hashing less takes a millisecond or two, which is less than a thread's start. */
const HASH_HERE_BYTES = 1024 * 1024;
const LIMITS = { maxOldGenerationSizeMb: 2048 };

let thread: WorkerThread<Task, Result> | undefined;

async function compute<Type extends Task["type"]>(
	task: Extract<Task, { type: Type | string }>,
	transfer: readonly ArrayBuffer[] = [],
): Promise<Extract<Result, { type: Type }>> {
	thread ??= new WorkerThread(builtPath("compute.cjs"), LIMITS);
	const result = await thread.ask(task, transfer);
	if (!("error" in result)) return result as Extract<Result, { type: Type }>;
	throw new AppError({ ...result.error, exit: result.error.exit as ExitStatus });
}

/** The address of a content, as `blobHash`. Large ones are hashed in the thread. */
export async function blobHashOf(bytes: Uint8Array): Promise<string> {
	if (bytes.length <= HASH_HERE_BYTES) return blobHash(bytes);
	return (await compute<"hash">({ type: "hash", bytes })).hash;
}

/**
 * The value of a JSON text in UTF-8.
 * @returns undefined where it is none, or where it nests deeper
 */
export async function parseLargeJson(bytes: Uint8Array, depthMax: number): Promise<unknown> {
	return (await compute<"json">({ type: "json", bytes, depthMax })).value;
}

/** `checkGraph`, in the thread. @throws AppError as it does */
export async function checkGraphOf(request: OutputRequest): Promise<void> {
	await compute<"graph">({ type: "graph", request });
}

/** `readOutput`, in the thread. @throws AppError as it does */
export async function outputOf(request: OutputRequest): Promise<Output> {
	return (await compute<"output">({ type: "output", request })).output;
}
