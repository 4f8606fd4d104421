import type { ComponentChildren } from "preact";
import type { ConsoleSession } from "../../protocol/console.ts";
import type { HostList } from "../../protocol/host-names.ts";
import type { PlatformStatus } from "../../protocol/nodes.ts";
import type { TokenList } from "../../protocol/token-messages.ts";
import { type Answer, isSettled } from "../data/cache.ts";
import { PATHS } from "../data/paths.ts";
import { mayUse } from "../data/session.ts";
import { useResource } from "../data/use-resource.ts";
import { Loaded, Loading, Notice, Page } from "../shell/page.tsx";
import { latencyText } from "../text/instants.ts";
import { instantText, Moment } from "../text/moment.tsx";
import { blockText, Command, Name, nameText } from "../text/name.tsx";
import { Backups } from "./backups.tsx";
import { NodeTable } from "./node-table.tsx";
import { Tokens } from "./tokens.tsx";

const POLL_MS = 10_000;

function Section({ title, children }: { readonly title: string; readonly children: ComponentChildren }) {
	return (
		<section class="part">
			<h2>{title}</h2>
			{children}
		</section>
	);
}

function Store({ store }: Pick<PlatformStatus, "store">) {
	const { kind, reachable, latencyMs, fault } = store;
	return (
		<>
			{fault !== undefined && (
				<Notice kind="bad">
					<p>
						{blockText(fault.message)} ({nameText(fault.code)})
					</p>
					<p>{blockText(fault.hint)}</p>
				</Notice>
			)}
			<p>
				<span class={`state ${reachable ? "live" : "failed"}`}>{kind === "etcd" ? "etcd" : "SQLite"}</span>{" "}
				<span class="quiet">
					{reachable
						? `answers${latencyMs === null ? "" : ` in ${latencyText(latencyMs)}`}`
						: "does not answer"}
				</span>
			</p>
		</>
	);
}

function Status({ answer }: { readonly answer: Answer<PlatformStatus> }) {
	return (
		<Loaded answer={answer} what="the nodes">
			{(value) => (
				<>
					<Section title="Nodes">
						<NodeTable status={value} />
					</Section>
					<Section title="Store">
						<Store store={value.store} />
					</Section>
					<Section title="Backups">
						<Backups backups={value.backups} />
					</Section>
				</>
			)}
		</Loaded>
	);
}

function Hosts({ answer }: { readonly answer: Answer<HostList> }) {
	return (
		<Section title="Host names">
			<Loaded answer={answer} what="the host names">
				{({ hosts: list }) =>
					list.length === 0 ? (
						<p class="quiet">
							Apps are served below their names. <Command line="coffer apps hosts add APP HOST" /> gives one a
							host.
						</p>
					) : (
						<ul class="members">
							{list.slice(0, 500).map(({ host, app }) => (
								<li key={host}>
									<Name text={host} />{" "}
									<span class="quiet">
										app <Name text={app} />
									</span>
								</li>
							))}
						</ul>
					)
				}
			</Loaded>
		</Section>
	);
}

/** What belongs to the whole platform. It appears at once, because parts that come later would move the others. */
function Whole({ session }: { readonly session: ConsoleSession }) {
	const isAdmin = mayUse(session, "admin");
	const status = useResource<PlatformStatus>(PATHS.status, POLL_MS);
	const hosts = useResource<HostList>(PATHS.hosts, POLL_MS * 3);
	const tokens = useResource<TokenList>(isAdmin ? PATHS.tokens : undefined, POLL_MS * 3);
	if (![status, hosts, ...(isAdmin ? [tokens] : [])].every(isSettled)) return <Loading what="the platform" />;
	return (
		<>
			<Status answer={status} />
			<Hosts answer={hosts} />
			<Section title="Access tokens">
				{isAdmin ? (
					<Tokens answer={tokens} />
				) : (
					<Notice>
						The session's token does not have the scope <code>admin</code>, so the platform does not show it
						the other tokens.
					</Notice>
				)}
			</Section>
			<SessionFacts session={session} />
		</>
	);
}

const Ends = ({ atMs }: { readonly atMs: number }) => (
	<>
		<Moment atMs={atMs} />, {instantText(atMs)}
	</>
);

function SessionFacts({ session }: { readonly session: ConsoleSession }) {
	return (
		<Section title="This session">
			<dl class="facts">
				<dt>Token</dt>
				<dd>{nameText(session.token)}</dd>
				<dt>Scopes</dt>
				<dd>{session.scopes.join(", ")}</dd>
				<dt>Apps</dt>
				<dd>{session.app === null ? "all" : <Name text={session.app} />}</dd>
				<dt>Ends</dt>
				<dd>{session.expiresAtMs === null ? "never" : <Ends atMs={session.expiresAtMs} />}</dd>
				<dt>Platform</dt>
				<dd>version {nameText(session.version)}</dd>
			</dl>
		</Section>
	);
}

/** Nodes, store, host names and access tokens of the platform. */
export function PlatformPage({ session }: { readonly session: ConsoleSession }) {
	const isForAll = session.app === null;
	return (
		<Page title="Platform">
			{!isForAll && (
				<Notice>
					The session's token is for the app <Name text={session.app ?? ""} /> only. Nodes, host names and
					tokens belong to the whole platform, so the platform does not show them.
				</Notice>
			)}
			{isForAll && <Whole session={session} />}
			{!isForAll && <SessionFacts session={session} />}
		</Page>
	);
}
