/** Removes the requests that an edit has filled. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { AppError } from "../../errors.ts";
import type { JudgedRequest } from "../../vault/requests/answers.ts";
import type { Terminal } from "../shell/terminal.ts";

/** As in `src/project/requests/folder.ts`, which is loaded only for a project with requests. */
const FOLDER = "coffer.requests";

/** Removes them. The edit is done, so a failure is a warning. */
export async function closeFilled(root: string, environment: string, terminal: Terminal): Promise<void> {
	if (!existsSync(join(root, FOLDER))) return;
	const { removeFilled } = await import("../../project/requests/requests.ts");
	try {
		const names = await removeFilled(root, environment);
		if (names.length > 0) terminal.note(`Closed the requests for ${names.join(", ")}. Commit ${FOLDER} too.`);
	} catch (error) {
		if (!(error instanceof AppError)) throw error;
		terminal.warn(`The requests in ${FOLDER} could not be closed: ${error.message}`);
	}
}

/** The open requests of an environment; none if the project has no requests. @throws AppError as `openRequests` */
export async function openNow(root: string, environment: string): Promise<JudgedRequest[]> {
	if (!existsSync(join(root, FOLDER))) return [];
	const { openRequests } = await import("../../project/requests/requests.ts");
	return await openRequests(root, environment);
}
