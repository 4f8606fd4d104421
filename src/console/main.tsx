/** The script of the web console. */
import { render } from "preact";
import { FunctionPage } from "./functions/function-page.tsx";
import { FunctionsPage } from "./functions/functions-page.tsx";
import { MapPage } from "./map/map-page.tsx";
import { PlatformPage } from "./platform/platform-page.tsx";
import { SecretPage } from "./secrets/secret-page.tsx";
import { SecretsPage } from "./secrets/secrets-page.tsx";
import { Console, type Pages } from "./shell/console.tsx";

const PAGES: Pages = {
	app: ({ page, app, name }, props) => {
		switch (page) {
			case "map":
			case "matrix":
				return <MapPage key={app} {...props} view={page} />;
			case "functions":
				return name === undefined ? (
					<FunctionsPage key={app} {...props} />
				) : (
					<FunctionPage key={`${app}/${name}`} {...props} name={name} />
				);
			case "secrets":
			case "history":
				return name === undefined ? (
					<SecretsPage key={app} {...props} view={page} />
				) : (
					<SecretPage key={`${app}/${name}`} {...props} name={name} />
				);
		}
	},
	platform: (session) => <PlatformPage session={session} />,
};

const root = document.getElementById("console");
if (root !== null) render(<Console pages={PAGES} />, root);
