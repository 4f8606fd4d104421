/** The errors of the sealed store. */
import { AppError, EXIT } from "../../../errors.ts";

/** What to do about a store that is not the one that it was. */
const BRING_BACK =
	"Bring back the newest state of the store, and the platform goes on by itself. To go on with an older one, restore it with all nodes stopped, and start them. To start anew, start the nodes with another prefix and new data directories. See docs/operating-nodes.md.";

function fault(code: string, message: string, hint = BRING_BACK): AppError {
	return new AppError({ code, message, hint, exit: EXIT.integrity });
}

/** The store does not match its seal. */
export function altered(): AppError {
	return fault(
		"STORE_ALTERED",
		"The store has changed since this platform last wrote to it: entries are missing, or a part of it was rolled back.",
		"Restore a complete backup (coffer platform restore DIR --data NEW) and start the platform on it. Copies of single files are not enough.",
	);
}

/** The store had entries, and has none. */
export function emptied(): AppError {
	return fault(
		"STORE_EMPTIED",
		"The store has lost everything: it was emptied, or its address leads to an empty one. This platform changes nothing in it.",
	);
}

/** The store is whole, but of an earlier moment. */
export function rolledBack(): AppError {
	return fault(
		"STORE_ROLLED_BACK",
		"The store is of an earlier moment than this platform has seen: an older copy was restored under it. This platform changes nothing in it.",
	);
}

/** The store is another one. */
export function exchanged(): AppError {
	return fault(
		"STORE_EXCHANGED",
		"The store is not the one that this platform has used: it belongs to another platform, or to one that was begun anew. This platform changes nothing in it.",
	);
}

/** Others wrote each time before this process could. @param attempts how often */
export function contended(attempts: number): AppError {
	return new AppError({
		code: "STORE_CONTENDED",
		message: `Other processes changed the store ${attempts} times while this one was writing.`,
		hint: "Try again.",
		exit: EXIT.conflict,
	});
}
