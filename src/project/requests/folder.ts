/** The folder `coffer.requests` beside the vault. */
import { entryFile, parseEntry, printEntry, type RequestEntry } from "../../vault/requests/entry.ts";
import { EntryFolder } from "../files/entry-folder.ts";

export const REQUESTS_FOLDER = "coffer.requests";

/** The folder of a project's requests. An entry with the longest reason is far smaller than the most bytes. */
export function requestsFolder(root: string): EntryFolder<RequestEntry> {
	return new EntryFolder(
		{
			folder: REQUESTS_FOLDER,
			code: "REQUESTS",
			pattern: /^\w{1,128}(?:\.[0-9a-f]{16}){1,2}\.(?:request|decline)$/,
			filesMax: 1_000,
			bytesMax: 32 * 1024,
			parse: parseEntry,
			print: printEntry,
			fileOf: entryFile,
		},
		root,
	);
}
