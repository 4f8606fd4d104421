/** What the pages of secrets have in common. */
import { useMemo } from "preact/hooks";
import type { SecretList } from "../../protocol/console.ts";
import type { FunctionList } from "../../protocol/function-list.ts";
import { isSettled } from "../data/cache.ts";
import { PATHS } from "../data/paths.ts";
import { useResource } from "../data/use-resource.ts";
import { Notice } from "../shell/page.tsx";
import { Command } from "../text/name.tsx";
import { type Readers, readersOf } from "./readers.ts";

const POLL_MS = 20_000;

/** Why there is nothing to see for a session without the scope. */
export const NotAllowed = () => (
	<Notice>
		<p>
			The session's token does not have the scope <code>sync</code>, so the platform does not show it the
			names and the history of secrets. The <strong>map</strong> has the names that functions refer to.
		</p>
		<p>
			An administrator creates a token with{" "}
			<Command line="coffer platform token create --scope read --scope sync" />. Then run{" "}
			<Command line="coffer console" /> with it.
		</p>
	</Notice>
);

/** The readers of all secrets. */
export function useContext(app: string, secrets: SecretList | undefined) {
	const functions = useResource<FunctionList>(PATHS.functions(app), POLL_MS);
	const entries = functions.value?.functions;
	const readers: Readers | undefined = useMemo(
		() => (entries && secrets ? readersOf(entries, secrets.secrets) : undefined),
		[entries, secrets],
	);
	// Texts that come later would move the lines below them.
	return { readers, isComplete: isSettled(functions) };
}
