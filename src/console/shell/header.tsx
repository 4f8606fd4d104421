import type { ConsoleSession } from "../../protocol/console.ts";
import type { Connection } from "../data/follow.ts";
import { closeSession } from "../data/session.ts";
import type { Watched } from "../data/store.ts";
import { useStore } from "../data/use-store.ts";
import { Name } from "../text/name.tsx";
import type { Address, AppPage } from "./address.ts";
import { go, Link } from "./navigation.tsx";

const CONNECTION_TEXT: Readonly<Record<Connection["state"], string>> = {
	connecting: "Connecting …",
	open: "Live",
	waiting: "Offline, trying again",
	refused: "Not live",
};

/** Whether the page hears of changes as they happen. */
function Live({ connection }: { readonly connection: Watched<Connection> }) {
	const { state } = useStore(connection);
	return (
		<span class={`live ${state}`} role="status">
			<span class="live-dot" aria-hidden="true" />
			<span class="live-text">{CONNECTION_TEXT[state]}</span>
		</span>
	);
}

interface ChoiceProps {
	readonly apps: readonly string[];
	readonly address: Address;
	readonly app: string | undefined;
}

function AppChoice({ apps, address, app }: ChoiceProps) {
	if (app === undefined) return null;
	if (apps.length < 2)
		return (
			<span class="app-name">
				<Name text={app} />
			</span>
		);
	const pick = (chosen: string) => go({ page: "app" in address ? address.page : "map", app: chosen });
	return (
		<label class="app-choice">
			<span class="hidden">App</span>
			<select value={app} onChange={(event) => pick(event.currentTarget.value)}>
				{apps.map((each) => (
					<option key={each} value={each}>
						{each}
					</option>
				))}
			</select>
		</label>
	);
}

const PAGES: readonly (readonly [AppPage, string])[] = [
	["map", "Map"],
	["functions", "Functions"],
	["secrets", "Secrets"],
];

const isWithin = (page: AppPage, address: Address): boolean =>
	address.page === page ||
	(page === "map" && address.page === "matrix") ||
	(page === "secrets" && address.page === "history");

function Pages({ address, app }: { readonly address: Address; readonly app: string | undefined }) {
	return (
		<nav class="pages" aria-label="Pages">
			{app !== undefined &&
				PAGES.map(([page, text]) => (
					<Link key={page} to={{ page, app }} isCurrent={isWithin(page, address)}>
						{text}
					</Link>
				))}
			<Link to={{ page: "platform" }} isCurrent={address.page === "platform"}>
				Platform
			</Link>
		</nav>
	);
}

interface HeaderProps extends ChoiceProps {
	readonly session: ConsoleSession;
	readonly connection: Watched<Connection> | undefined;
}

/** The bar above every page: the app, the pages, and the session. */
export function Header({ session, apps, address, app, connection }: HeaderProps) {
	return (
		<header class="bar">
			<span class="brand">Coffer</span>
			<AppChoice apps={apps} address={address} app={app} />
			<Pages address={address} app={app} />
			<span class="bar-end">
				{connection && <Live connection={connection} />}
				<button
					type="button"
					class="quiet-button"
					title={`Token ${session.token}: ${session.scopes.join(", ")}`}
					onClick={() => void closeSession()}
				>
					Sign out
				</button>
			</span>
		</header>
	);
}
