import type { SecretList } from "../../protocol/console.ts";
import { countText } from "../text/instants.ts";
import { Command, Name } from "../text/name.tsx";

const NAMES_SHOWN = 30;

/** The values that removed members know. */
export function Debt({ debt }: Pick<SecretList, "debt">) {
	const open = debt.filter(({ names }) => names.length > 0);
	if (open.length === 0) return null;
	return (
		<section class="notice bad" aria-label="Values that removed members could read">
			{open.map(({ member, epoch, names }) => (
				<details key={`${member} ${epoch}`}>
					<summary>
						<Name text={member} /> was removed and could read {countText(names.length, "value")} that nobody
						has replaced since.
					</summary>
					<ul class="records">
						{names.slice(0, NAMES_SHOWN).map((name) => (
							<li key={name}>
								<Name text={name} />
							</li>
						))}
						{names.length > NAMES_SHOWN && <li class="quiet">and {names.length - NAMES_SHOWN} more</li>}
					</ul>
				</details>
			))}
			<p>
				Replace each where it was issued, then run <Command line="coffer secrets set NAME" />. A value that
				needs no replacement: <Command line="coffer members debt accept NAME" />.
			</p>
		</section>
	);
}
