/** GitHub Actions as a kind of target: repositories and environments, its token and its terms. */
import type { TargetId } from "../../project/memory/target-memory.ts";
import { apiOrigin, credentialParser, urlFlag, usageError } from "../api/address.ts";
import type { TargetKind } from "../target.ts";
import { GitHub, githubCalls } from "./client.ts";
import { githubRefusal } from "./limits.ts";
import { GITHUB_ORIGIN, parsePlace, placeId } from "./place.ts";

/** The ids in coffer.json. `parsePlace` decides; this keeps them short and without spaces. */
const PLACE = /^[^\s/]{1,100}\/[^\s/]{1,1000}$/;
/** An HTTP header can carry only these characters. */
const TOKEN = /^[\x21-\x7e]{1,500}$/;

/** Identifies a place. @throws AppError `REPOSITORY_INVALID` (exit 2), and as `apiOrigin` */
function githubId(url: string, app: string): TargetId {
	if (parsePlace(app) === undefined)
		throw usageError(
			"REPOSITORY_INVALID",
			"A repository at GitHub is OWNER/NAME, and an environment's name has no quotes, commas, semicolons or backslashes.",
			"Give both as GitHub shows them: --repo OWNER/NAME --github-environment NAME.",
		);
	return {
		kind: GITHUB.name,
		origin: apiOrigin(url, { official: GITHUB_ORIGIN, title: GITHUB.title }),
		app,
	};
}

/** The id of a repository, or of one of its environments, for `TargetKind.identify`. */
export function githubPlace(repository: string, environment: string | undefined): string {
	return placeId({ repository, environment });
}

/** @throws AppError `GITHUB_TOKEN_MALFORMED` (exit 2), which does not repeat the text */
const requireToken = credentialParser(
	TOKEN,
	"GITHUB_TOKEN_MALFORMED",
	"That is not a token of GitHub.",
	"Create a fine-grained token with 'Secrets: Read and write' for the repository, and copy all of it. 'gh auth token' prints the one that gh uses.",
);

function linkCommand({ app, origin }: TargetId): string {
	const { environment, repository } = parsePlace(app) ?? { repository: app, environment: undefined };
	const quoted =
		environment !== undefined && /^[\w.-]+$/.test(environment) ? environment : `'${environment}'`;
	const flag = environment === undefined ? "" : ` --github-environment ${quoted}`;
	return `coffer link github --repo ${repository}${flag}${urlFlag(origin, GITHUB_ORIGIN)}`;
}

export const GITHUB: TargetKind = {
	name: "github",
	title: "GitHub",
	noun: "repository",
	// Each secret has a request of its own.
	batch: { set: 1, deleted: 1 },
	officialOrigin: GITHUB_ORIGIN,
	appId: PLACE,
	credential: {
		variable: "GITHUB_TOKEN",
		noun: "token",
		stdinFlag: "--token-stdin",
		question: "Token of GitHub (github_pat_..., ghp_...)",
		missingCode: "GITHUB_TOKEN_MISSING",
		parse: requireToken,
	},
	linkCommand,
	deleteCommand: "gh secret delete NAME",
	identify: githubId,
	connect: (id, { credential = "", signal }) => new GitHub({ id, credential, signal }),
	refusal: githubRefusal,
	calls: githubCalls,
};
