/** A data plane whose process exists but does not answer, for example because it was stopped by SIGSTOP. */
import { AppError, EXIT } from "../../../errors.ts";
import type { Channel } from "../../channel/channel.ts";
import type { ControlPlaneContract, DataPlaneContract } from "../messages.ts";

type ToDataPlane = Channel<ControlPlaneContract, DataPlaneContract>;

/** The time that a data plane has for an answer that needs no work. */
export const ANSWER_MS = 10_000;
/** The time that it has to let requests finish and to end everything. Requests get 10 seconds. */
export const CLOSE_MS = 30_000;
/** The interval of the questions whether it still answers. */
const PING_MS = 5_000;
/** The number of intervals without an answer after which it is ended. */
const SILENT_MAX = 6;

/** A promise did not settle in time. */
export class TimeLimitExceeded extends Error {
	override name = "TimeLimitExceeded";
}

/** A connected data plane that does not answer. */
export class Unresponsive extends Error {
	override name = "Unresponsive";
	readonly channel: ToDataPlane;
	readonly pid: number | undefined;

	/** @param pid its process id; undefined if unknown */
	constructor(channel: ToDataPlane, pid: number | undefined) {
		super("The data plane does not answer.");
		this.channel = channel;
		this.pid = pid;
	}
}

/** Waits for a promise. @throws `TimeLimitExceeded` after `ms` milliseconds; the error of the promise */
export async function within<T>(ms: number, promise: Promise<T>): Promise<T> {
	let timer: NodeJS.Timeout | undefined;
	const limit = new Promise<never>((_, reject) => {
		timer = setTimeout(() => reject(new TimeLimitExceeded(`It took longer than ${ms} ms.`)), ms);
	});
	try {
		return await Promise.race([promise, limit]);
	} finally {
		clearTimeout(timer);
	}
}

const STOP =
	"Run 'coffer platform stop', with the same --data, to end it and its functions. Then start the platform again. If the process is only suspended, 'kill -CONT' resumes it.";

/** The error for a data plane that does not answer. @param pid its process id; undefined if unknown */
export function unresponsive(pid: number | undefined, hint = STOP): AppError {
	const which = pid === undefined ? "" : ` (process ${pid})`;
	return new AppError({
		code: "FUNCTIONS_UNRESPONSIVE",
		message: `A platform left functions running here, and the process that holds them${which} does not answer.`,
		hint,
		exit: EXIT.failure,
	});
}

/**
 * Ends a process at once. Functions and gateways notice that their data plane has ended, and end too.
 * @returns whether it existed and could be ended
 */
export function kill(pid: number | undefined): boolean {
	try {
		return pid !== undefined && process.kill(pid, "SIGKILL");
	} catch {
		return false;
	}
}

/**
 * Asks a data plane again and again whether it answers, until its channel is closed.
 * @param onStuck called once if it has not answered for half a minute
 */
export function watch(channel: ToDataPlane, onStuck: () => void): void {
	let silent = 0;
	let isAsked = false;
	const ask = () => {
		// Intervals are counted, and not time: while this process itself is suspended, none passes.
		if (isAsked) {
			if (++silent === SILENT_MAX) onStuck();
			return;
		}
		isAsked = true;
		// Any answer will do. A data plane of an earlier version does not know the call.
		const answered = () => {
			isAsked = false;
			silent = 0;
		};
		channel.call("ping", null).then(answered, answered);
	};
	const timer = setInterval(ask, PING_MS).unref();
	void channel.closed.then(() => clearInterval(timer));
}
