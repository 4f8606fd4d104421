/** The place of secrets at GitHub: a repository, or an environment of it. Parses the id in coffer.json. */

/** The address of GitHub's API. */
export const GITHUB_ORIGIN = "https://api.github.com";

export interface GitHubPlace {
	/** `OWNER/NAME` */
	readonly repository: string;
	readonly environment: string | undefined;
}

/** An owner and a name. Neither can be `.` or `..`, since both become parts of a URL. */
const REPOSITORY = /^[A-Za-z0-9][A-Za-z0-9_-]{0,99}\/(?!\.{1,2}$)[A-Za-z0-9._-]{1,100}$/;
/** Characters that an environment's name cannot have at GitHub, and controls. */
const NOT_IN_ENVIRONMENT = /[\p{C}'"`,;\\]/u;
const ENVIRONMENT_LENGTH_MAX = 255;
/** The longest `app` in coffer.json. */
const ID_LENGTH_MAX = 200;

/** The id of a place. The environment's name is percent-encoded, because an id has no spaces. */
export function placeId({ environment, repository }: GitHubPlace): string {
	return environment === undefined ? repository : `${repository}:${encodeURIComponent(environment)}`;
}

function decoded(text: string): string | undefined {
	try {
		return decodeURIComponent(text);
	} catch {
		return undefined;
	}
}

function isEnvironment(name: string): boolean {
	const isPath = name === "." || name === "..";
	return (
		name.trim() !== "" && name.length <= ENVIRONMENT_LENGTH_MAX && !isPath && !NOT_IN_ENVIRONMENT.test(name)
	);
}

/** Parses an id. @returns undefined if it is not the id of a place, in the one form that `placeId` writes */
export function parsePlace(id: string): GitHubPlace | undefined {
	if (id.length > ID_LENGTH_MAX) return undefined;
	const [repository = "", encoded, ...more] = id.split(":");
	if (!REPOSITORY.test(repository) || more.length > 0) return undefined;
	if (encoded === undefined) return { repository, environment: undefined };
	const environment = decoded(encoded);
	if (environment === undefined || !isEnvironment(environment)) return undefined;
	return encodeURIComponent(environment) === encoded ? { repository, environment } : undefined;
}

/**
 * The address of a place's secrets. GitHub, and a tenant of it (`api.NAME.ghe.com`), serve the API at a host of its
 * own; an Enterprise Server has it below `/api/v3`.
 */
export function secretsUrl(origin: string, id: string): string {
	const { environment, repository } = parsePlace(id) ?? { repository: "", environment: undefined };
	const prefix = new URL(origin).hostname.startsWith("api.") ? "" : "/api/v3";
	const part = environment === undefined ? "actions" : `environments/${encodeURIComponent(environment)}`;
	return new URL(`${prefix}/repos/${repository}/${part}/secrets`, origin).href;
}
