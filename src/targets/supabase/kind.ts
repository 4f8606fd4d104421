/** Supabase as a kind of target: its projects, its access token and its terms. `client.ts` makes the requests. */
import type { TargetId } from "../../project/memory/target-memory.ts";
import { apiOrigin, credentialParser, urlFlag, usageError } from "../api/address.ts";
import type { TargetKind } from "../target.ts";
import { Supabase, supabaseCalls } from "./client.ts";
import { supabaseRefusal } from "./limits.ts";

/** The address of Supabase's Management API. */
export const SUPABASE_ORIGIN = "https://api.supabase.com";

/** A project's reference id. */
const PROJECT = /^[a-z]{20}$/;
/** Supabase's own command line accepts hexadecimal digits only. An HTTP header can carry these characters. */
const TOKEN = /^sbp_[\x21-\x7e]{1,500}$/;

/** Identifies a project. @throws AppError `PROJECT_REF_INVALID` (exit 2), and as `apiOrigin` */
function supabaseId(url: string, app: string): TargetId {
	if (!PROJECT.test(app))
		throw usageError(
			"PROJECT_REF_INVALID",
			"The reference id of a Supabase project is 20 small letters.",
			"'supabase projects list' shows it, and so does the project's address in Supabase's dashboard.",
		);
	return {
		kind: SUPABASE.name,
		origin: apiOrigin(url, { official: SUPABASE_ORIGIN, title: SUPABASE.title }),
		app,
	};
}

/** @throws AppError `SUPABASE_TOKEN_MALFORMED` (exit 2), which does not repeat the text */
const requireToken = credentialParser(
	TOKEN,
	"SUPABASE_TOKEN_MALFORMED",
	"That is not an access token of a Supabase account: it begins with sbp_.",
	"Create one at supabase.com/dashboard/account/tokens, and copy all of it.",
);

export const SUPABASE: TargetKind = {
	name: "supabase",
	title: "Supabase",
	noun: "project",
	batch: { set: 100, deleted: 100 },
	officialOrigin: SUPABASE_ORIGIN,
	appId: PROJECT,
	credential: {
		variable: "SUPABASE_ACCESS_TOKEN",
		noun: "access token",
		stdinFlag: "--token-stdin",
		question: "Access token of the Supabase account (sbp_...)",
		missingCode: "SUPABASE_TOKEN_MISSING",
		parse: requireToken,
	},
	linkCommand: ({ app, origin }) =>
		`coffer link supabase --project ${app}${urlFlag(origin, SUPABASE_ORIGIN)}`,
	deployCommand: "supabase functions deploy",
	deleteCommand: "supabase secrets unset NAME",
	identify: supabaseId,
	connect: (id, { credential = "", signal }) => new Supabase({ id, credential, signal }),
	refusal: supabaseRefusal,
	calls: supabaseCalls,
};
