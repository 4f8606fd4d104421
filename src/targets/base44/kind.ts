/** Base44 as a kind of target: its apps, its API key and its terms. `client.ts` makes the requests. */
import type { TargetId } from "../../project/memory/target-memory.ts";
import { apiOrigin, credentialParser, urlFlag, usageError } from "../api/address.ts";
import type { TargetKind } from "../target.ts";
import { Base44, base44Calls } from "./client.ts";

/** Base44's own address. */
export const BASE44_ORIGIN = "https://app.base44.com";

/** A valid id of an app. The id becomes a part of a URL. */
const APP_ID = /^[A-Za-z0-9_-]{1,128}$/;
/** An HTTP header can carry only these characters, and a longer text is not a key. */
const KEY = /^b44k_[\x21-\x7e]{1,500}$/;

/** Identifies an app at Base44. @throws AppError `APP_ID_INVALID` (exit 2), and as `apiOrigin` */
function base44Id(url: string, app: string): TargetId {
	if (!APP_ID.test(app))
		throw usageError(
			"APP_ID_INVALID",
			"An app's id at Base44 is 1 to 128 letters, digits, dashes and underscores.",
			"'base44/.app.jsonc' names it, and so does the app's address in Base44's editor.",
		);
	return { kind: BASE44.name, origin: apiOrigin(url, { official: BASE44_ORIGIN, title: BASE44.title }), app };
}

/**
 * A key without surrounding spaces. @throws AppError `BASE44_KEY_MALFORMED` (exit 2), which does not repeat the
 * text
 */
const requireBase44Key = credentialParser(
	KEY,
	"BASE44_KEY_MALFORMED",
	"That is not an API key of a Base44 workspace: it begins with b44k_.",
	"Create one in the workspace's settings at Base44, and copy all of it.",
);

export const BASE44: TargetKind = {
	name: "base44",
	title: "Base44",
	noun: "app",
	batch: { set: 100, deleted: 1 },
	officialOrigin: BASE44_ORIGIN,
	appId: APP_ID,
	credential: {
		variable: "BASE44_API_KEY",
		noun: "API key",
		stdinFlag: "--key-stdin",
		question: "API key of the Base44 workspace (b44k_...)",
		missingCode: "BASE44_KEY_MISSING",
		parse: requireBase44Key,
	},
	linkCommand: ({ app, origin }) => `coffer link base44 --app ${app}${urlFlag(origin, BASE44_ORIGIN)}`,
	importCommand: "coffer import base44",
	deployCommand: "base44 functions deploy",
	deleteCommand: "base44 secrets delete NAME",
	identify: base44Id,
	connect: (id, { credential = "", signal }) => new Base44({ id, credential, signal }),
	calls: base44Calls,
};
