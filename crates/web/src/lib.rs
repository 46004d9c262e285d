//! What all HTTP shares: errors, authentication, layout, live updates; the API and screens of the desk.
