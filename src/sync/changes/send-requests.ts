/**
 * Sends the open requests for secrets to the platform, which shows them in the web console. The files in
 * `coffer.requests` remain what counts: nothing is taken from the platform.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { AppError } from "../../errors.ts";
import { REQUESTS_FOLDER, requestsFolder } from "../../project/requests/folder.ts";
import { surveyRequests } from "../../project/requests/requests.ts";
import type { SessionContext } from "../../project/session/session.ts";
import { printEntry } from "../../vault/requests/entry.ts";
import type { LinkTarget } from "../client/link-target.ts";

/** The most entries in one message (`REQUEST_ENTRIES_MAX` of the protocol, whose module brings a validator along). */
const ENTRIES_MAX = 100;
/** Each line of an entry begins with its id. */
const ID_LENGTH = 16;

/** The texts of the requests that are not filled, and of the answers to them, the newest first. */
async function textsOf({ environment, root }: SessionContext): Promise<string[]> {
	const { requests } = await surveyRequests(root, environment);
	const unfilled = new Set(requests.flatMap(({ entry, state }) => (state === "filled" ? [] : [entry.id])));
	const { entries } = await requestsFolder(root).read();
	return entries
		.filter(({ answers, id, kind }) => unfilled.has(kind === "request" ? id : answers))
		.sort((a, b) => (a.at < b.at ? 1 : -1))
		.slice(0, ENTRIES_MAX)
		.map(printEntry);
}

/** What became of sending requests. */
export interface SentRequests {
	/** The names of requests of this working copy for which a value waits that somebody filled in in the console. */
	readonly filled: readonly string[];
	/** Why they could not be sent, as a sentence. */
	readonly fault?: string;
}

const NOTHING: SentRequests = { filled: [] };

/** Sends the requests of an environment, after a sync. A project without requests sends nothing. */
export async function sendRequests(
	context: SessionContext,
	{ binding, remote }: LinkTarget,
): Promise<SentRequests> {
	if (!existsSync(join(context.root, REQUESTS_FOLDER))) return NOTHING;
	try {
		const texts = await textsOf(context);
		if (texts.length === 0) return NOTHING;
		const { requests } = await (await remote.secretRequests()).send(binding.app, texts);
		const own = new Set(texts.map((text) => text.slice(0, ID_LENGTH)));
		const filled = requests.filter(({ filled, id }) => filled !== null && own.has(id));
		return { filled: [...new Set(filled.map(({ name }) => name))] };
	} catch (error) {
		if (!(error instanceof AppError)) throw error;
		// A platform of an earlier version has no such list.
		if (error.code === "ROUTE_NOT_FOUND") return NOTHING;
		return {
			...NOTHING,
			fault: `The platform did not get the requests in ${REQUESTS_FOLDER}: ${error.message}`,
		};
	}
}
