/** Explains the statuses of error answers of a target's API, as far as every API means the same with them. */
import { EXIT, type ExitStatus } from "../../errors.ts";

export interface Fault {
	/** The error code, without the prefix of the kind. */
	readonly code: string;
	readonly exit: ExitStatus;
	/** What the product does, as a clause that ends a sentence. */
	readonly says: string;
	readonly hint: string;
}

/** The explanation of a status that means the same in every API. */
export function generalFault(status: number): Fault {
	if (status === 409)
		return {
			code: "CONFLICT",
			exit: EXIT.conflict,
			says: "is changing at the moment",
			hint: "Run 'coffer sync' again. The vault keeps the change.",
		};
	if (status >= 500)
		return {
			code: "FAILED",
			exit: EXIT.network,
			says: "failed",
			hint: "The vault keeps the change. Run 'coffer sync' later.",
		};
	return {
		code: "REFUSED",
		exit: EXIT.failure,
		says: "refused the request",
		hint: "Correct what it reports, then run 'coffer sync'.",
	};
}

/** The explanation of an answer that says that there were too many requests. */
export function busyFault(waitSeconds: number | undefined): Fault {
	const wait = waitSeconds === undefined ? "Wait a minute" : `Wait ${waitSeconds} s`;
	return {
		code: "BUSY",
		exit: EXIT.network,
		says: "limits the rate of requests",
		hint: `${wait}, then run 'coffer sync'. It sends only what is still pending.`,
	};
}
