/**
 * Runs long computations in a thread: hashes of large contents, and large JSON texts. The process
 * has one such thread.
 */
import { AppError, type ExitStatus } from "../../errors.ts";
import { blobHash } from "../../protocol/blob-hash.ts";
import { builtPath } from "../machine/assets.ts";
import { WorkerThread } from "./worker-thread.ts";

/** A task for the thread. */
export type Task =
	| { readonly type: "hash"; readonly bytes: Uint8Array }
	| { readonly type: "json"; readonly bytes: Uint8Array; readonly depthMax: number };

/** The result of a task, or an `AppError` as data. */
export type Result =
	| { readonly type: "hash"; readonly hash: string }
	| { readonly type: "json"; readonly value: unknown }
	| { readonly error: { code: string; message: string; hint: string; exit: number; line?: number } };

/**
 * Smaller contents are hashed in the current thread. That takes one or two milliseconds, less than the start of a
 * thread.
 */
const HASH_HERE_BYTES = 2 * 1024 * 1024;
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

/** The hash of a content, as `blobHash` computes it. Large contents are hashed in the thread. */
export async function blobHashOf(bytes: Uint8Array): Promise<string> {
	if (bytes.length <= HASH_HERE_BYTES) return blobHash(bytes);
	return (await compute<"hash">({ type: "hash", bytes })).hash;
}

/**
 * Parses a JSON text in UTF-8 in the thread.
 * @returns the value; undefined if the text is not JSON or is nested more deeply than `depthMax`
 */
export async function parseLargeJson(bytes: Uint8Array, depthMax: number): Promise<unknown> {
	return (await compute<"json">({ type: "json", bytes, depthMax })).value;
}
