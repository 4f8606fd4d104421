/** What the commands that link a target share: flags, the order of the steps, and the output. */
import { Flags } from "@oclif/core";
import type { TargetId } from "../project/memory/target-memory.ts";
import type { TargetKind } from "../targets/target.ts";
import { BaseCommand, environmentFlag } from "./command.ts";
import { openContext } from "./context/open-project.ts";
import type { Terminal } from "./shell/terminal.ts";
import { linkTarget, renderTargetLink, type TargetLinkResult } from "./targets/link.ts";

/** The flags of a command that links a target with an access token. */
export function tokenLinkFlags({ credential, officialOrigin }: TargetKind) {
	return {
		environment: environmentFlag,
		url: Flags.string({
			description: `address of the API; defaults to ${officialOrigin}`,
			helpValue: "URL",
		}),
		"token-stdin": Flags.boolean({
			description: `read the ${credential?.noun} from standard input; without it and ${credential?.variable}, a prompt asks for it`,
		}),
		"no-sync": Flags.boolean({ description: "link only, and do not send secrets yet" }),
	};
}

interface TokenLinkFlags {
	readonly environment: string;
	readonly url: string | undefined;
	readonly "token-stdin": boolean;
	readonly "no-sync": boolean;
}

/** A command that links a target with an access token. */
export abstract class TokenLinkCommand extends BaseCommand<TargetLinkResult> {
	/**
	 * Links an app of a kind. @param app its id, which need not be valid yet
	 * @throws AppError as `TargetKind.identify` and `linkTarget`
	 */
	protected async link(kind: TargetKind, app: string, flags: TokenLinkFlags): Promise<TargetLinkResult> {
		const context = await openContext(this.environment, flags.environment, "edit");
		const id: TargetId = kind.identify(flags.url ?? kind.officialOrigin ?? "", app);
		const options = { stdin: flags["token-stdin"], sync: !flags["no-sync"] };
		return linkTarget(context, id, options, this.terminal);
	}

	protected render(result: TargetLinkResult, terminal: Terminal): void {
		renderTargetLink(result, terminal);
	}
}
