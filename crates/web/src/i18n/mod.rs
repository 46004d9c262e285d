//! English and Chinese words of the screens.
