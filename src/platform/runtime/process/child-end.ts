/** The end of a function's process. */
import type { ChildProcess } from "node:child_process";
import type { FaultBoundary } from "../../faults/error-boundary.ts";
import type { ProcessOutput } from "../output/process-output.ts";
import type { ExitReason } from "../runtime.ts";

export interface ChildEndOptions {
	/** What it writes; what is left of that is read once it has ended. */
	readonly output: ProcessOutput;
	/** Where exceptions end. They keep nobody waiting for the end. */
	readonly faults: FaultBoundary;
}

/** Resolves when a process has ended and its streams are read, or when it could not be started. Never rejects. */
export function endOf(child: ChildProcess, { faults, output }: ChildEndOptions): Promise<ExitReason> {
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
			// Whoever waits for the end is told of its failure. Without their readers the streams would never close.
			read.catch(discard);
		};
		child.on("exit", faults.callback(drain, discard));
		// `close` comes once both streams are closed, too.
		child.on(
			"close",
			faults.callback(ended, (_error, code, signal) => unread(code, signal)),
		);
		const failed = (error: Error) => {
			if (child.pid === undefined) output.report(error.message);
			// Where a descriptor could not be had, there is neither a process nor a stream, and no `close` comes.
			return child.stdout ? undefined : ended(null, null);
		};
		child.on(
			"error",
			faults.callback(failed, () => unread(null, null)),
		);
	});
}
