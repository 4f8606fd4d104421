import { Args, Flags } from "@oclif/core";
import { BaseCommand, environmentFlag } from "../cli/command.ts";
import { refuseBase44Link } from "../cli/context/linking.ts";
import { openContext, systemKeychain } from "../cli/context/open-project.ts";
import { readCredentials } from "../cli/shell/process-environment.ts";
import { promptHidden } from "../cli/shell/prompts.ts";
import { count, MARKS } from "../cli/shell/render.ts";
import type { Terminal } from "../cli/shell/terminal.ts";
import { listNames } from "../cli/views/edit-result.ts";
import { PlatformWait } from "../cli/wait/wait.ts";
import { inEnvironment } from "../environment-hint.ts";
import { AppError, EXIT, toUndefined } from "../errors.ts";
import { readToken, storeToken } from "../identity/tokens.ts";
import { pinPlatform } from "../project/memory/pinned-platforms.ts";
import type { SessionContext } from "../project/session/session.ts";
import { platformOrigin } from "../sync/client/origin.ts";
import { type Linked, linkEnvironment, meetPlatform, requireAppId } from "../sync/link/link.ts";

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

/** What `link` was asked for. */
interface LinkWish {
	readonly app: string;
	/** The platform's origin. */
	readonly url: string;
	readonly token: string;
	/** Whether the token is in the keychain already. */
	readonly isKept: boolean;
}

/** Errors that another token could mend. */
const OF_TOKEN: readonly string[] = [
	"TOKEN_INVALID",
	"TOKEN_MALFORMED",
	"TOKEN_SCOPE",
	"PLATFORM_KEY_MISMATCH",
];

/** An error where nobody chose the token: says which it was, and how to give another. */
function aboutKept(error: unknown): unknown {
	if (!(error instanceof AppError)) return error;
	if (!OF_TOKEN.includes(error.code)) return error;
	const other = "This was the access token that this device keeps; give another with --token TOKEN.";
	return error.with({ hint: `${error.hint} ${other}` });
}

export default class Link extends BaseCommand<LinkResult> {
	static override summary = "Link an environment with a platform: enrol it as a reader and sync";
	static override description =
		"The platform's key is checked against the fingerprint in the token before anything is handed over. The token is kept in the system's keychain, unless it comes by COFFER_TOKEN. From then on tokens of that platform may be sent to this address, and to no other that coffer.json names. The binding is written to coffer.json, to be committed.";
	static override examples = [
		"<%= config.bin %> link http://127.0.0.1:8081 --app shop",
		"<%= config.bin %> link https://coffer.example.com --app shop-preview --environment preview",
	];
	static override args = {
		url: Args.string({ name: "URL", description: "the platform's control address", required: true }),
	};
	static override flags = {
		environment: environmentFlag,
		app: Flags.string({
			description: "the app's id; made if there is none of that id",
			required: true,
			helpValue: "APP",
		}),
		token: Flags.string({
			description:
				"access token; if left out, COFFER_TOKEN, the one that the keychain has for the address, or what is typed when asked",
			helpValue: "TOKEN",
		}),
	};

	protected async execute(): Promise<LinkResult> {
		const { args, flags } = await this.parse(Link);
		const url = platformOrigin(args.url);
		requireAppId(flags.app);
		const context = await openContext(this.environment, flags.environment);
		await refuseBase44Link(context);
		const kept = await this.#keptToken(flags.token, url);
		if (kept !== undefined) this.terminal.note(`Using the access token that this device keeps for ${url}.`);
		const token = kept ?? (await this.#token(flags.token));
		const linked = await this.#link(context, {
			app: flags.app,
			url,
			token,
			isKept: kept !== undefined,
		}).catch((error: unknown) => {
			throw kept === undefined ? error : aboutKept(error);
		});
		for (const warning of linked.sync.warnings) this.terminal.warn(warning);
		const { app, platform, gateway, enrolled, former, sync } = linked;
		if (former !== undefined)
			this.terminal.warn(
				`The platform that was linked before can still read what comes from now on: coffer members remove ${former}`,
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

	async #link(context: SessionContext, { app, isKept, token, url }: LinkWish): Promise<Linked> {
		using wait = new PlatformWait(this.terminal, context.environment);
		const { onAccepted, onRedeploy, signal } = wait;
		const work = async () => {
			const met = await meetPlatform(url, token, signal);
			await pinPlatform(context.stateFolder, { origin: url, fingerprint: met.info.fingerprint });
			if (!isKept) await this.#keep(url, token);
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

	/** What the keychain holds for the address, where nobody gives a token now. Without a keychain, nothing. */
	async #keptToken(flag: string | undefined, url: string): Promise<string | undefined> {
		if (flag !== undefined || readCredentials().token !== undefined) return undefined;
		return await readToken(systemKeychain(), url).catch(toUndefined);
	}

	/** Keeps the token in the keychain, unless COFFER_TOKEN will bring it. Where there is none in reach, nothing else does. */
	async #keep(url: string, token: string): Promise<void> {
		if (readCredentials().token !== undefined) return;
		try {
			await storeToken(systemKeychain(), url, token);
		} catch (error) {
			if (!(error instanceof AppError) || error.exit !== EXIT.unauthorised) throw error;
			this.terminal.warn(
				`The token was not kept: ${error.message} Set COFFER_TOKEN for the commands to come.`,
			);
		}
	}

	async #token(flag: string | undefined): Promise<string> {
		const given = flag ?? readCredentials().token;
		if (given !== undefined) return given.trim();
		return (
			await promptHidden(this.terminal, "Access token", "Pass --token TOKEN, or set COFFER_TOKEN.")
		).trim();
	}

	protected render(result: LinkResult, terminal: Terminal): void {
		terminal.line(
			`${MARKS.ok} Linked environment '${result.environment}' with app '${result.app}' on ${result.url}`,
		);
		terminal.line(
			`  platform   ${result.platform} ${result.enrolled ? "(now a reader of the environment)" : "(a reader already)"}`,
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
