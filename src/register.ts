/** The preload: `node -r guru-meditation/register app.js`. Importing it is all there is to do. */
import { install } from './coordinator/install.js';

install();
