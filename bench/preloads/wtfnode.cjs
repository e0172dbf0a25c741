/** wtfnode as its documentation says: first of all modules, so that it sees what the others make. */
require('wtfnode').init();
