/** Cloudflare Workers as a kind of target: its Workers, its API token and its terms. */
import type { TargetId } from "../../project/memory/target-memory.ts";
import { apiOrigin, credentialParser, urlFlag, usageError } from "../api/address.ts";
import type { TargetKind } from "../target.ts";
import { Cloudflare, cloudflareCalls } from "./client.ts";
import { cloudflareRefusal } from "./limits.ts";

/** The origin of Cloudflare's API. */
export const CLOUDFLARE_ORIGIN = "https://api.cloudflare.com";

/** An account's id and a Worker's name. Both become parts of a URL. */
const WORKER = /^[0-9a-f]{32}\/[A-Za-z0-9_-]{1,255}$/;
/** An HTTP header can carry only these characters. */
const TOKEN = /^[\x21-\x7e]{1,500}$/;

/** Identifies a Worker. @param app `ACCOUNT/WORKER` @throws AppError `WORKER_INVALID` (exit 2), and as `apiOrigin` */
function cloudflareId(url: string, app: string): TargetId {
	if (!WORKER.test(app))
		throw usageError(
			"WORKER_INVALID",
			"An account's id at Cloudflare is 32 hexadecimal digits in small letters, and a Worker's name has letters, digits, dashes and underscores.",
			"'wrangler whoami' shows the account's id, and wrangler.jsonc or wrangler.toml names the Worker.",
		);
	return {
		kind: CLOUDFLARE.name,
		origin: apiOrigin(url, { official: CLOUDFLARE_ORIGIN, title: CLOUDFLARE.title }),
		app,
	};
}

/** @throws AppError `CLOUDFLARE_TOKEN_MALFORMED` (exit 2), which does not repeat the text */
const requireToken = credentialParser(
	TOKEN,
	"CLOUDFLARE_TOKEN_MALFORMED",
	"That is not an API token of Cloudflare.",
	"Create one in the dashboard (My Profile, API Tokens) with the permission 'Workers Scripts: Edit', and copy all of it.",
);

export const CLOUDFLARE: TargetKind = {
	name: "cloudflare",
	title: "Cloudflare",
	noun: "Worker",
	// wrangler sends at most 100 names in one request.
	batch: { set: 100, deleted: 100 },
	officialOrigin: CLOUDFLARE_ORIGIN,
	appId: WORKER,
	credential: {
		variable: "CLOUDFLARE_API_TOKEN",
		noun: "API token",
		stdinFlag: "--token-stdin",
		question: "API token of Cloudflare",
		missingCode: "CLOUDFLARE_TOKEN_MISSING",
		parse: requireToken,
	},
	linkCommand: ({ app, origin }) => {
		const [account, worker] = app.split("/");
		return `coffer link cloudflare --account ${account} --worker ${worker}${urlFlag(origin, CLOUDFLARE_ORIGIN)}`;
	},
	deployCommand: "wrangler deploy",
	deleteCommand: "wrangler secret delete NAME",
	identify: cloudflareId,
	connect: (id, { credential = "", signal }) => new Cloudflare({ id, credential, signal }),
	refusal: cloudflareRefusal,
	calls: cloudflareCalls,
};
