/** Reads entries of an app's log from the store. */
import { AppError, EXIT } from "../../errors.ts";
import { type ChangesPage, decode, logEntrySchema } from "../../protocol/messages.ts";
import type { StreamEntry } from "../store/store.ts";

/** @throws AppError `LOG_DAMAGED` (exit 7) */
export function decodeEntry({ body, revision }: StreamEntry, app: string): ChangesPage["entries"][number] {
	try {
		return decode(logEntrySchema, JSON.parse(body), "The entry");
	} catch (cause) {
		throw new AppError({
			code: "LOG_DAMAGED",
			message: `Entry ${revision} of the log of ${app} cannot be read.`,
			hint: "The store was changed from outside. Restore it from a backup.",
			exit: EXIT.integrity,
			cause,
		});
	}
}
