/** Checks of the links with platforms: reachable, the right key, the token and its rights, the clock. */
import { inEnvironment } from "../../environment-hint.ts";
import { AppError } from "../../errors.ts";
import { shellWord } from "../../printable.ts";
import { isTargetBinding, type PlatformBinding, readConfig } from "../../project/files/config.ts";
import { pinnedPlatforms } from "../../project/memory/pinned-platforms.ts";
import type { ConsoleSession } from "../../protocol/console.ts";
import { hasApp, inspectPlatform, inspectToken } from "../../sync/client/inspect.ts";
import { linkOtherApp } from "../../sync/client/link-target.ts";
import { platformOrigin } from "../../sync/client/origin.ts";
import { tokenOf } from "../context/linking.ts";
import { type Environment, readCredentials } from "../shell/process-environment.ts";
import { type Fixable, failure, ok, warning } from "./check.ts";

/** Clocks that differ by more are a warning: times in logs and lists are then misleading. */
const SKEW_MS_MAX = 30_000;
const PROTOCOL = "v1";
/** The default of `platform start --control`. */
const USUAL_ADDRESS = "127.0.0.1:8081";
/** What a project needs: to send secrets, and to deploy functions. */
const NEEDED = ["sync", "deploy"];

/** Keeps the damaged file: it may have changes that are not committed. */
const RESTORE = "cp coffer.json coffer.json.damaged && git checkout HEAD -- coffer.json";

interface Linked {
	readonly environment: string;
	readonly binding: PlatformBinding;
	/** The command that links it again. */
	readonly link: string;
}

/** The command that starts a platform at an address of this machine; null for others, and for one with TLS. */
function startAt(url: string): string | null {
	const { host, hostname, protocol } = new URL(url);
	if (protocol !== "http:" || !["127.0.0.1", "localhost", "[::1]"].includes(hostname)) return null;
	const isUsual = host === USUAL_ADDRESS || host === USUAL_ADDRESS.replace("127.0.0.1", "localhost");
	return isUsual ? "coffer platform start" : `coffer platform start --control ${host}`;
}

async function checkPlatform({
	binding,
	environment,
	link,
}: Linked): Promise<{ checks: Fixable[]; isRight: boolean }> {
	const { app, platform, url } = binding;
	const what = `Environment '${environment}' is linked with ${url} (app '${app}')`;
	try {
		const found = await inspectPlatform(platformOrigin(url));
		if (found.fingerprint !== platform) {
			const text = `${what}, but the platform there has another key than the one that coffer.json names. Nothing was sent to it.`;
			return { checks: [failure("platform", text, link)], isRight: false };
		}
		const text = `${what}, which answers: Coffer ${found.version}, protocol ${PROTOCOL}, with the key that coffer.json names.`;
		return { checks: [ok("platform", text), ...clock(url, found.aheadMs)], isRight: true };
	} catch (error) {
		if (!(error instanceof AppError)) throw error;
		// Where another program answers, no platform can be started.
		const isDown = error.code === "PLATFORM_UNREACHABLE";
		const text = `${what}. ${error.message}${isDown ? "" : ` ${error.hint}`}`;
		return { checks: [failure("platform", text, isDown ? startAt(url) : null)], isRight: false };
	}
}

function clock(url: string, aheadMs: number | undefined): Fixable[] {
	if (aheadMs === undefined) return [];
	const seconds = Math.round(Math.abs(aheadMs) / 1000);
	if (Math.abs(aheadMs) <= SKEW_MS_MAX) return [ok("clock", `The clock agrees with that of ${url}.`)];
	const text = `The clock of this machine is ${seconds} s ${aheadMs > 0 ? "behind" : "ahead of"} that of ${url}. Times in logs and lists are misleading. Let the operating system set the clock from the network (NTP).`;
	return [warning("clock", text, null)];
}

/** The command that puts another token in the place of one. `coffer link` alone uses the one in the keychain again. */
function replaceToken({ link }: Linked): string {
	return readCredentials().token === undefined ? `${link} --token -` : "unset COFFER_TOKEN";
}

function rights(linked: Linked, session: ConsoleSession): Fixable {
	const { binding, environment } = linked;
	const { app, expiresAtMs, scopes } = session;
	const until = expiresAtMs === null ? "" : `, until ${new Date(expiresAtMs).toISOString()}`;
	const where = app === null ? "for all apps" : `for the app '${app}'`;
	if (app !== null && app !== binding.app) {
		const text = `The access token for environment '${environment}' is valid ${where}, and not for '${binding.app}'.`;
		return failure("token", text, replaceToken(linked));
	}
	const lacking = scopes.includes("admin") ? [] : NEEDED.filter((scope) => !scopes.includes(scope));
	const text = `The access token for environment '${environment}' is valid ${where}, with ${scopes.join(", ")}${until}`;
	if (lacking.length === 0) return ok("token", `${text}.`);
	return warning(
		"token",
		`${text}. It may not ${lacking.join(" or ")}: ask the operator for one that may.`,
		replaceToken(linked),
	);
}

async function checkToken(linked: Linked): Promise<Fixable[]> {
	const { binding, environment, link } = linked;
	try {
		const token = await tokenOf(binding, environment);
		const session = await inspectToken(platformOrigin(binding.url), token);
		return [rights(linked, session), ...(await checkApp(linked, token, session))];
	} catch (error) {
		if (!(error instanceof AppError)) throw error;
		const remedy = error.code === "TOKEN_MISSING" ? link : replaceToken(linked);
		return [failure("token", `${error.message} (environment '${environment}')`, remedy)];
	}
}

/** Whether the platform still has the app, if the token may ask for it. */
async function checkApp(
	{ binding, environment }: Linked,
	token: string,
	session: ConsoleSession,
): Promise<Fixable[]> {
	const { app, url } = binding;
	const mayAsk = session.scopes.some((scope) => scope === "admin" || scope === "read");
	if (!mayAsk || (session.app !== null && session.app !== app)) return [];
	if (await hasApp(platformOrigin(url), token, app)) return [];
	const text = `The platform at ${url} has no app '${app}', with which environment '${environment}' is linked: it was deleted. If a teammate has linked the environment again, get coffer.json from git.`;
	return [failure("platform", text, linkOtherApp(binding, environment))];
}

/** Whether this device remembers the platform's key. Without it, a token of COFFER_TOKEN is not sent. */
async function checkPin({ binding, link }: Linked, { stateDirectory }: Environment): Promise<Fixable[]> {
	const pins = await pinnedPlatforms(stateDirectory);
	const origin = platformOrigin(binding.url);
	if (pins.some((pin) => pin.origin === origin && pin.fingerprint === binding.platform))
		return [ok("pin", `This device knows the key of ${origin}.`)];
	if (readCredentials().tokenOrigin === origin) return [];
	const other = pins.find((pin) => pin.fingerprint === binding.platform);
	const text = other
		? `This device knows the platform that coffer.json names at another address, ${other.origin}.`
		: `This device has not linked ${origin} yet, so it does not know its key.`;
	return [warning("pin", text, link)];
}

async function checkLink(linked: Linked, environment: Environment): Promise<Fixable[]> {
	try {
		const [{ checks, isRight }, pin] = await Promise.all([
			checkPlatform(linked),
			checkPin(linked, environment),
		]);
		// The token is sent only to the platform that it is for.
		return [...checks, ...pin, ...(isRight ? await checkToken(linked) : [])];
	} catch (error) {
		if (!(error instanceof AppError)) throw error;
		// No platform has such an address, so the command that links with it would fail too.
		if (error.code.startsWith("PLATFORM_URL_"))
			return [
				failure(
					"configuration",
					`Environment '${linked.environment}' in coffer.json: ${error.message}`,
					RESTORE,
				),
			];
		const damaged = /\(rm ('.*')\)/.exec(error.hint)?.[1];
		return [failure("pin", error.message, damaged === undefined ? linked.link : `rm ${damaged}`)];
	}
}

/** Checks the configuration and each link. */
export async function checkLinks(root: string, environment: Environment): Promise<Fixable[]> {
	try {
		const { links } = await readConfig(root);
		const all = Object.entries(links).map(async ([name, binding]) => {
			if (isTargetBinding(binding))
				return [
					ok("platform", `Environment '${name}' is linked with ${binding.kind}, app '${binding.app}'.`),
				];
			const command = inEnvironment(`coffer link ${shellWord(binding.url)} --app ${binding.app}`, name);
			return checkLink({ environment: name, binding, link: command }, environment);
		});
		const checks = (await Promise.all(all)).flat();
		return checks.length > 0 ? checks : [ok("platform", "No environment is linked with a platform.")];
	} catch (error) {
		if (!(error instanceof AppError)) throw error;
		return [failure("configuration", error.message, RESTORE)];
	}
}
