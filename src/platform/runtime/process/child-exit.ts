/** Waits for the exit of a function's process. */
import type { ChildProcess } from "node:child_process";
import type { FaultBoundary } from "../../faults/error-boundary.ts";
import type { ProcessOutput } from "../output/process-output.ts";
import type { ExitReason } from "../runtime.ts";

export interface ChildExitOptions {
	/** The output of the process. Its rest is read after the exit. */
	readonly output: ProcessOutput;
	/** Handles exceptions. They never prevent the returned promise from resolving. */
	readonly faults: FaultBoundary;
}

/**
 * Resolves when a process has exited and its streams are read, or when it could not be started. Never rejects.
 */
export function waitForExit(child: ChildProcess, { faults, output }: ChildExitOptions): Promise<ExitReason> {
	let read: Promise<void> | undefined;
	return new Promise((resolve) => {
		const unread = (code: number | null, signal: string | null) => resolve({ code, signal, stderr: "" });
		const ended = async (code: number | null, signal: string | null) => {
			read ??= output.end();
			await read;
			resolve({ code, signal, stderr: output.tail });
		};
		const discard = () => {
			child.stdout?.destroy();
			child.stderr?.destroy();
		};
		const drain = () => {
			read = output.end();
			// The caller gets the failure. Without a reader, the streams would never close.
			read.catch(discard);
		};
		child.on("exit", faults.callback(drain, discard));
		// `close` is emitted when both streams are closed as well.
		child.on(
			"close",
			faults.callback(ended, (_error, code, signal) => unread(code, signal)),
		);
		const failed = (error: Error) => {
			if (child.pid === undefined) output.report(error.message);
			// If no descriptor was left, there is neither a process nor a stream, and `close` is never emitted.
			return child.stdout ? undefined : ended(null, null);
		};
		child.on(
			"error",
			faults.callback(failed, () => unread(null, null)),
		);
	});
}
