import { Args, Flags } from "@oclif/core";
import { fromUtf8 } from "../bytes.ts";
import { BaseCommand, environmentFlag } from "../cli/command.ts";
import { refuseTargetLink } from "../cli/context/environment-binding.ts";
import { openContext, systemKeychain } from "../cli/context/open-project.ts";
import { readCredentials } from "../cli/shell/process-environment.ts";
import { promptHidden } from "../cli/shell/prompts.ts";
import { count, MARKS } from "../cli/shell/render.ts";
import { readStdinWhole } from "../cli/shell/stdin.ts";
import type { Terminal } from "../cli/shell/terminal.ts";
import { listNames } from "../cli/views/edit-result.ts";
import { PlatformWait } from "../cli/wait/wait.ts";
import { inEnvironment } from "../environment-hint.ts";
import { AppError, EXIT, toUndefined } from "../errors.ts";
import { readToken, storeToken } from "../identity/tokens.ts";
import { pinPlatform } from "../project/memory/pinned-platforms.ts";
import type { SessionContext } from "../project/session/session.ts";
import { platformOrigin } from "../sync/client/origin.ts";
import { connectToPlatform, type Linked, linkEnvironment, requireAppId } from "../sync/link/link.ts";

interface LinkResult {
	environment: string;
	app: string;
	url: string;
	platform: string;
	gateway: string;
	enrolled: boolean;
	revision: number;
	sent: readonly string[];
}

interface LinkRequest {
	readonly app: string;
	/** The platform's origin. */
	readonly url: string;
	readonly token: string;
	/** Whether the keychain already has the token. */
	readonly isStored: boolean;
}

/** In place of a token: it is asked for, so that it is in no list of processes and no shell's history. */
const ASK = "-";
const TOKEN_BYTES_MAX = 1024 * 1024;

/** Errors that another token may resolve. */
const TOKEN_ERRORS: readonly string[] = [
	"TOKEN_INVALID",
	"TOKEN_MALFORMED",
	"TOKEN_SCOPE",
	"PLATFORM_KEY_MISMATCH",
];

/** Adds to an error that the token came from the keychain, and how to use another one. */
function explainStoredToken(error: unknown): unknown {
	if (!(error instanceof AppError)) return error;
	if (!TOKEN_ERRORS.includes(error.code)) return error;
	const origin = "Coffer used the access token in the keychain. To use another one: --token - asks for it.";
	return error.with({ hint: `${error.hint} ${origin}` });
}

export default class Link extends BaseCommand<LinkResult> {
	static override summary = "Link an environment with a platform, which then runs functions with its secrets";
	static override description =
		"Adds the platform to the environment as a reader, which can decrypt its secrets, and syncs. First, the platform must prove that it has the key whose fingerprint is in the token. The token is stored in the system's keychain, unless it comes from COFFER_TOKEN. From then on, Coffer sends tokens of this platform only to this address, whatever coffer.json says. The link is written to coffer.json; commit that file.";
	static override examples = [
		"<%= config.bin %> link http://127.0.0.1:8081 --app shop",
		"<%= config.bin %> link https://coffer.example.com --app shop-preview --environment preview",
	];
	static override args = {
		url: Args.string({ name: "URL", description: "address of the platform's control API", required: true }),
	};
	static override flags = {
		environment: environmentFlag,
		app: Flags.string({
			description: "id of the app on the platform; created if it does not exist",
			required: true,
			helpValue: "APP",
		}),
		token: Flags.string({
			description:
				"access token; - asks for it, or reads it from standard input; defaults to COFFER_TOKEN, or the token in the keychain for this address, or a prompt",
			helpValue: "TOKEN",
		}),
	};

	protected async execute(): Promise<LinkResult> {
		const { args, flags } = await this.parse(Link);
		const url = platformOrigin(args.url);
		requireAppId(flags.app);
		const context = await openContext(this.environment, flags.environment);
		await refuseTargetLink(context);
		const stored = await this.#storedToken(flags.token, url);
		if (stored !== undefined) this.terminal.note(`Using the access token in the keychain for ${url}.`);
		const token = stored ?? (await this.#givenToken(flags.token));
		const linked = await this.#link(context, {
			app: flags.app,
			url,
			token,
			isStored: stored !== undefined,
		}).catch((error: unknown) => {
			throw stored === undefined ? error : explainStoredToken(error);
		});
		for (const warning of linked.sync.warnings) this.terminal.warn(warning);
		const { app, platform, gateway, enrolled, former, sync } = linked;
		if (former !== undefined)
			this.terminal.warn(
				`The previously linked platform is still a member and can read new values. To remove it: coffer members remove ${former}`,
			);
		return {
			environment: flags.environment,
			app,
			url,
			platform,
			gateway,
			enrolled,
			revision: sync.revision,
			sent: sync.sent,
		};
	}

	async #link(context: SessionContext, { app, isStored, token, url }: LinkRequest): Promise<Linked> {
		using wait = new PlatformWait(this.terminal, context.environment);
		const { onAccepted, onRedeploy, signal } = wait;
		const work = async () => {
			const met = await connectToPlatform(url, token, signal);
			await pinPlatform(context.stateFolder, { origin: url, fingerprint: met.info.fingerprint });
			if (!isStored) await this.#storeToken(url, token);
			return await linkEnvironment(context, { app, ...met }, { onAccepted, onRedeploy });
		};
		return await wait.during(work, {
			sentence: "The environment is linked",
			beforeAccepted: {
				message: "The link may be incomplete.",
				hint: "Run the same command again: it continues where it stopped.",
			},
		});
	}

	/** The token in the keychain for the address, if neither the flag nor COFFER_TOKEN gives one. */
	async #storedToken(flag: string | undefined, url: string): Promise<string | undefined> {
		if (flag !== undefined || readCredentials().token !== undefined) return undefined;
		return await readToken(systemKeychain(), url).catch(toUndefined);
	}

	/** Stores the token in the keychain, unless COFFER_TOKEN provides it. Only warns if there is no keychain. */
	async #storeToken(url: string, token: string): Promise<void> {
		if (readCredentials().token !== undefined) return;
		try {
			await storeToken(systemKeychain(), url, token);
		} catch (error) {
			if (!(error instanceof AppError) || error.exit !== EXIT.unauthorised) throw error;
			this.terminal.warn(`The token was not stored: ${error.message} Set COFFER_TOKEN for later commands.`);
		}
	}

	async #givenToken(flag: string | undefined): Promise<string> {
		const given = flag ?? readCredentials().token;
		if (given !== undefined && given !== ASK) return given.trim();
		if (given === ASK && !this.terminal.interactive) {
			const piped = await readStdinWhole(TOKEN_BYTES_MAX, "Pipe the access token into the command.");
			return (fromUtf8(piped) ?? "").trim();
		}
		return (
			await promptHidden(this.terminal, "Access token", "Pass --token TOKEN, or set COFFER_TOKEN.")
		).trim();
	}

	protected render(result: LinkResult, terminal: Terminal): void {
		terminal.line(
			`${MARKS.ok} Linked environment '${result.environment}' with app '${result.app}' on ${result.url}`,
		);
		terminal.line(
			`  platform   ${result.platform} ${result.enrolled ? "(added as a reader)" : "(already a reader)"}`,
		);
		terminal.line(`  functions  ${result.gateway}`);
		const sent =
			result.sent.length > 0
				? `, ${count(result.sent.length, "record")} sent: ${listNames(result.sent)}`
				: "";
		terminal.line(`  synced     revision ${result.revision}${sent}`);
		terminal.line();
		const deploy = inEnvironment("coffer functions deploy", result.environment);
		terminal.line(`Commit coffer.vault and coffer.json. Next: ${deploy}`);
	}
}
