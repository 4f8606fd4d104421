import type { History } from "../../protocol/console.ts";
import { PATHS } from "../data/paths.ts";
import { useResource } from "../data/use-resource.ts";
import { Loaded } from "../shell/page.tsx";
import { Moment } from "../text/moment.tsx";
import { Name } from "../text/name.tsx";
import { type Version, versionsOf, versionText } from "./history.ts";
import { More } from "./timeline.tsx";
import { usePages } from "./use-pages.ts";

const POLL_MS = 20_000;

function Item({ version }: { readonly version: Version }) {
	const { atMs, by, revision } = version.entry;
	return (
		<li class="timeline-entry">
			{versionText(version)} by <Name text={by} />, revision {revision}{" "}
			{atMs !== null && (
				<span class="quiet">
					<Moment atMs={atMs} />
				</span>
			)}
		</li>
	);
}

interface ListProps {
	readonly app: string;
	readonly name: string;
}

function List({ app, name, first }: ListProps & { readonly first: History }) {
	const pages = usePages(first, (before) => PATHS.history(app, { before, name }));
	const versions = versionsOf(pages.entries, name);
	if (versions.length === 0) return <p class="quiet">The log has no version of it.</p>;
	return (
		<>
			<ol class="timeline-list">
				{versions.map((version) => (
					<Item key={version.entry.revision} version={version} />
				))}
			</ol>
			<More pages={pages} text="Show older versions" />
		</>
	);
}

/** All versions of one secret, the newest first. */
export function Versions({ app, name }: ListProps) {
	const history = useResource<History>(PATHS.history(app, { name }), POLL_MS);
	return (
		<Loaded answer={history} what="the versions">
			{(first) => <List key={name} {...{ app, name, first }} />}
		</Loaded>
	);
}
